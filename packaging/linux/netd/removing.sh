#!/bin/sh
# Before removing, but not before upgrading: the network is put back as it was before us, lockdown or not.
case "$1" in
remove | deconfigure | 0) ;;
*) exit 0 ;;
esac
if [ -d /run/systemd/system ]; then
	systemctl disable --now mysteriumvpn-netd.socket mysteriumvpn-netd-boot.service mysteriumvpn-netd.service || true
fi
if [ -d /run/mysteriumvpn ] || [ -d /var/lib/mysteriumvpn-netd ]; then
	/usr/sbin/mysteriumvpn-netd reset ||
		echo "mysteriumvpn: the network could not be put back in full. Restart the computer: firewall and routes do not outlive that." >&2
	rm -rf /run/mysteriumvpn /var/lib/mysteriumvpn-netd
fi
exit 0

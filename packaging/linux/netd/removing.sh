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
	if /usr/sbin/mysteriumvpn-netd reset; then
		rm -rf /var/lib/mysteriumvpn-netd
	else
		echo "mysteriumvpn: the network could not be put back in full. Restart the computer: firewall and routes do not outlive that." >&2
		if [ -e /var/lib/mysteriumvpn-netd/resolv.backup ]; then
			echo "mysteriumvpn: what /etc/resolv.conf was is kept in /var/lib/mysteriumvpn-netd/resolv.backup, behind one line of ours." >&2
		fi
	fi
	rm -rf /run/mysteriumvpn
fi
exit 0

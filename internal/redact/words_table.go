package redact

import "strings"

func set(words string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}

var (
	// sourceEndings are those of files that no domain has. What stands behind their colon is a line.
	sourceEndings = set(`go c h cpp cxx hpp js mjs jsx ts tsx json jsonl yaml yml toml conf cfg ini txt log md5 html htm xml css lua rb kt swift mod sum
		lock po pot desktop so dll exe bin dat db sock pid tmp bak swp gz xz bz2 zst tar tgz deb rpm msi dmg apk png svg jpg jpeg gif ico ttf otf
		woff woff2 pem crt cer key csr p12 der pcap env bat cmd ps1 proto s asm o a d1 patch diff csv tsv pdf ovpn wg old orig 1st`)
	// unitEndings are systemd's.
	unitEndings = set("service socket target timer slice mount scope device automount")
	// fileEndings are domains, too; with two labels they are read as files.
	fileEndings = set("sh py md so zip mov map pub java cab")
	// maybeFile are read as files in a path or with a line's number behind them only.
	maybeFile = set("app rs pl cc mk ml ps pm in am ac la do")
	// specialTLDs are used for names that are not in the public tree.
	specialTLDs = set("local lan home internal intranet corp private localdomain test example invalid onion i2p arpa workgroup domain fritz")
	// surelyHost are never a word of code. At the beginning of a name of three they are those of a name turned round.
	surelyHost = set("com net org edu gov mil info biz arpa onion local lan internal example de fr uk nl pl ru cn jp br es eu ch at be se no fi dk cz ua lt lv ee")
	// symbolEndings are those of them that, with a capital letter, are methods: log.Info.
	symbolEndings = set("net info be no at es se id mil ch eu internal local example")
	// noHosts are words that stand where hosts do and name none.
	noHosts = set(`localhost true false null nil none unknown provider system auto default is not was has the a an name header failed error timeout took of
		for and or to in on at by with from no unreachable empty missing required tcp udp http https socks5 unix any all direct yes off took refused
		reset closed lookup host dns this that it invalid`)
	// codeWords begin names of two labels that are fields, packages or settings: node.id, main.run.
	codeWords = set(`main runtime net http os sync io fmt log zap bus core ui vpn tunnel node identity session peer provider consumer proposal user request
		response hermes process connection config service services chain chains settings store logs history account control supervisor desktop exit
		exits localnode nodeproc mystnode proposals wgnet unixsock locale redact tequilapi wallet order payment payments channel promise invoice
		transactor pilvytis discovery broker nats api ui openvpn wireguard quality data value status state error err event events this self app
		device conn client server ctx context time testing reflect syscall debug errors strings bytes json xml url path filepath exec signal
		internal vendor cmd window page widget canvas theme fyne item file dir key keys args env opts options params result res req resp obj e i x y
		s t p m c n d f l r it`)
	// codeHosts begin import paths.
	codeHosts = set(`github.com gitlab.com bitbucket.org golang.org go.dev golang.zx2c4.com gopkg.in go.uber.org google.golang.org fyne.io gvisor.dev k8s.io
		sigs.k8s.io rsc.io go.etcd.io pgregory.net filippo.io modernc.org honnef.co mvdan.cc cloud.google.com go.opentelemetry.io go.mongodb.org
		git.sr.ht codeberg.org software.sslmate.com dario.cat zombiezen.com`)
	// webPorts are never a line of a script.
	webPorts = map[int]bool{53: true, 80: true, 443: true, 853: true, 1080: true, 3128: true, 8080: true, 8443: true, 51820: true}
)

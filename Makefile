# One flag set everywhere: another tag or -trimpath compiles Fyne's C code once more (minutes).
TAGS    := migrated_fynedo
VERSION := $(shell sed -n 's/^ *Version = "\(.*\)"/\1/p' FyneApp.toml)
LDFLAGS := -s -w -X main.version=$(VERSION)
GO      := go
export GOFLAGS := -buildvcs=false

.DEFAULT_GOAL := help
.PHONY: help run build netd headless test test-leaks check bench bench-device bench-ui screenshots assets fmt lint clean package package-test package-windows test-realnode

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | column -t -s "$$(printf '\t')"

run: build ## build and open the window on the sandbox network; with no display, run in the terminal
	@scripts/run.sh

build: ## build bin/mysteriumvpn
	@scripts/packages.sh build
	$(GO) build -tags $(TAGS) -ldflags '$(LDFLAGS)' -o bin/mysteriumvpn ./cmd/mysteriumvpn

netd: ## build bin/mysteriumvpn-netd, the root helper of Linux: static
	CGO_ENABLED=0 GOOS=linux $(GO) build -ldflags '$(LDFLAGS)' -o bin/mysteriumvpn-netd ./cmd/mysteriumvpn-netd

headless: ## build bin/mysteriumvpn-headless: no window, no C, static
	CGO_ENABLED=0 $(GO) build -tags $(TAGS),headless -ldflags '$(LDFLAGS)' -o bin/mysteriumvpn-headless ./cmd/mysteriumvpn

test: ## every test, with the display and D-Bus they need; prints the time of each step
	@scripts/test.sh

test-leaks: ## as root: the whole device through the tunnel or nowhere, in network namespaces with a capture
	@scripts/leaks.sh

check: ## the quick part of test: formatting, vet, lint, layers
	@scripts/test.sh quick

test-realnode: ## the stories of a user with a real node, offline; as root, with MYST=/path/to/myst
	@scripts/realnode.sh

bench: ## compare our tunnel with the stock netstack device, in interleaved rounds
	@scripts/bench.sh

bench-device: ## as root: compare the whole device through the app with wireguard-go's own program, in turns
	@scripts/bench-device.sh

bench-ui: build ## measure the window beside a bare one: memory, CPU, start
	@scripts/packages.sh test
	@scripts/bench-ui.sh

screenshots: build ## drive the window under Xvfb and write docs/screenshots
	@scripts/packages.sh test
	@scripts/screenshots.sh

package: build netd ## make dist/*.deb, *.rpm and *.tar.xz for Linux
	@scripts/packages.sh package
	@scripts/package.sh

package-test: build netd ## as root: install the .deb in a fresh Debian, use it, remove it, and look for traces
	@scripts/package-test.sh

package-windows: ## cross-build for Windows with mingw-w64 into dist/*.zip; ten minutes the first time
	@scripts/packages.sh package-windows
	@scripts/package-windows.sh

assets: ## fetch and rasterise flags, icons, map and fonts again
	@scripts/packages.sh assets
	@scripts/assets.sh

fmt: ## format all Go code
	@scripts/tools.sh gofumpt
	.tools/gofumpt -w $$(git ls-files '*.go')

lint: ## run the linters
	@scripts/tools.sh golangci-lint
	.tools/golangci-lint run --build-tags headless,$(TAGS) ./...

clean: ## remove what was built
	rm -rf bin dist .tools .debian-root

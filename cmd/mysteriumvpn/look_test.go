package main

import (
	"net"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mysteriumvpn/desktop/internal/bus"
	"github.com/mysteriumvpn/desktop/internal/bus/bustest"
	"github.com/mysteriumvpn/desktop/internal/vpn"
)

func TestALanguageIsSpokenThoughTheDesktopHasNone(t *testing.T) {
	for _, name := range []string{"LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"} {
		t.Setenv(name, "")
	}
	t.Setenv("LC_ALL", "C")
	t.Setenv("LANG", "en_US.UTF-8")
	speak("")
	assert.Empty(t, os.Getenv("LANGUAGE"))
	assert.Equal(t, "C", os.Getenv("LC_ALL"))
	speak("de")
	assert.Equal(t, "de", os.Getenv("LANGUAGE"))
	assert.Equal(t, "de", os.Getenv("LC_ALL"), "C would hide LANGUAGE")
	assert.Equal(t, "en_US.UTF-8", os.Getenv("LANG"), "keyboards depend on it")
}

func TestZoomMultipliesTheScaleOfTheUser(t *testing.T) {
	for _, c := range []struct {
		env, larger string
		own         float32
	}{
		{"", "1.20", 0},
		{"", "1.80", 1.5},
		{"2", "2.40", 1.5},
		{"auto", "1.20", 1.5},
		{"nonsense", "1.20", 0},
	} {
		t.Setenv("FYNE_SCALE", c.env)
		if c.env == "" {
			require.NoError(t, os.Unsetenv("FYNE_SCALE"))
		}
		z := newZoom(c.own)
		z.to(1.2)
		assert.Equal(t, c.larger, os.Getenv("FYNE_SCALE"), "%+v", c)
		z.to(1)
		_, set := os.LookupEnv("FYNE_SCALE")
		assert.Equal(t, c.env, os.Getenv("FYNE_SCALE"))
		assert.Equal(t, c.env != "", set)
	}
}

func TestAnAddressThatIsTakenIsKnownBefore(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	assert.EqualError(t, canListen(l.Addr().String()), "address already in use")
	require.NoError(t, l.Close())
	assert.NoError(t, canListen(l.Addr().String()))
	assert.Error(t, canListen("192.0.2.1:1080"), "no address of this computer")
}

func TestTheFirstWishIsOnlyTheFirst(t *testing.T) {
	for _, c := range []struct {
		settings vpn.Settings
		status   vpn.Status
		want     []vpn.Target
	}{
		{vpn.Settings{LastCountry: "DE"}, vpn.Status{}, nil},
		{vpn.Settings{LastCountry: "DE", ConnectOnStart: true}, vpn.Status{}, []vpn.Target{{Country: "DE"}}},
		{vpn.Settings{ConnectOnStart: true}, vpn.Status{}, []vpn.Target{{}}},
		{vpn.Settings{ConnectOnStart: true, LastExit: "0x1", Network: vpn.Own}, vpn.Status{}, []vpn.Target{{ProviderID: "0x1"}}},
		{vpn.Settings{ConnectOnStart: true, LastExit: "0x1", Network: vpn.Mysterium}, vpn.Status{}, []vpn.Target{{}}},
		{vpn.Settings{ConnectOnStart: true}, vpn.Status{Command: 3}, nil},
	} {
		b := bus.New(bus.Options{})
		lane := bustest.Lane(t, b)
		a := &app{topics: vpn.NewTopics(b, c.settings)}
		a.topics.Status.Send(c.status)
		var got []vpn.Target
		a.topics.Commands.Via(lane.Lane).On(func(v vpn.Command) {
			assert.Equal(t, vpn.Connect, v.Verb)
			assert.NotZero(t, v.ID)
			got = append(got, v.Target)
		})
		a.firstWish()
		lane.Run()
		assert.Equal(t, c.want, got, "%+v", c)
		b.Close()
	}
}

package vpn

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"slices"
	"strings"
)

// maxSettings is the size in bytes beyond which a file cannot be settings.
const maxSettings = 64 << 10

// EncodeSettings gives s as a file for a person to keep. What the program noted by itself is not in it, nor which
// program the node is, nor whether usage is counted.
func EncodeSettings(s Settings) []byte {
	s.LastExit, s.LastCountry, s.NodeProgram, s.CountUsage = "", "", "", false
	b, _ := json.MarshalIndent(s, "", "  ") // strings, numbers and booleans only: cannot fail
	return append(b, '\n')
}

// DecodeSettings reads a file that EncodeSettings made, or that a person wrote. A setting that is not in it has its
// zero value; what the program notes by itself is taken from now, and so is which program the node is and whether usage
// is counted: a file from somebody else must not choose what is run, nor that something is kept of it. The error is a
// *Fault: the file is refused as a whole.
//
// ProxyExpose comes back as the file has it. Whoever applies it asks the user first.
func DecodeSettings(file []byte, now Settings) (Settings, error) {
	if len(file) > maxSettings {
		return Settings{}, &Fault{Code: SettingsTooBig}
	}
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(file, &keys); err != nil || keys == nil {
		return Settings{}, &Fault{Code: NotSettings}
	}
	known := settingNames()
	unknown := slices.DeleteFunc(names(keys), func(k string) bool { return slices.Contains(known, k) })
	if len(unknown) > 0 {
		return Settings{}, &Fault{Code: UnknownSetting, Key: unknown[0]}
	}
	var s Settings
	d := json.NewDecoder(bytes.NewReader(file))
	if err := d.Decode(&s); err != nil {
		if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
			return Settings{}, &Fault{Code: WrongKind, Key: wrong.Field}
		}
		return Settings{}, &Fault{Code: NotSettings}
	}
	s.LastExit, s.LastCountry, s.NodeProgram, s.CountUsage = now.LastExit, now.LastCountry, now.NodeProgram, now.CountUsage
	if err := s.Check(); err != nil {
		return Settings{}, err
	}
	s.DNS, _ = TidyDNS(s.DNS) // checked
	return s, nil
}

// ReadSettings is DecodeSettings of what r has.
func ReadSettings(r io.Reader, now Settings) (Settings, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxSettings+1))
	if err != nil {
		return Settings{}, err
	}
	return DecodeSettings(b, now)
}

// settingNames are the names of the settings in a file.
func settingNames() []string {
	var out []string
	for f := range reflect.TypeFor[Settings]().Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		out = append(out, name)
	}
	return out
}

func names(m map[string]json.RawMessage) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

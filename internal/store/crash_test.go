package store

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A disk in memory, whose power can be cut before any step. It knows what a real one may lose then: content that was
// not synced, wholly or in part, and names of a folder that was not synced.

var (
	errCut  = errors.New("the power is off")
	errStep = errors.New("this step goes wrong")
)

type inode struct {
	data   []byte
	synced []byte // what is sure to survive
}

type memDisk struct {
	names   map[string]*inode // as programs see them
	durable map[string]*inode // as they are on the disk
	steps   []string          // what has been done
	cut     int               // the power goes off before this step; < 0 = never
	fail    int               // this step returns an error, and the power stays on; < 0 = none
	bytes   int               // so many are written, then no more; < 0 = all
	noBytes error             // why: errCut = the power goes off, else the disk stays
}

func newMemDisk(old []byte) *memDisk {
	d := &memDisk{names: map[string]*inode{}, cut: -1, fail: -1, bytes: -1}
	if old != nil {
		d.names["dir/s"] = &inode{old, old}
	}
	d.durable = maps.Clone(d.names)
	return d
}

// step says whether the next step may be done.
func (d *memDisk) step(name string) error {
	n := len(d.steps)
	if d.cut >= 0 && n >= d.cut {
		return errCut
	}
	d.steps = append(d.steps, name)
	if n == d.fail {
		return errStep
	}
	return nil
}

func (d *memDisk) makeFolder(string) error { return d.step("makeFolder") }

func (d *memDisk) sweep(_, _ string) {}

func (d *memDisk) create(folder, prefix string) (file, error) {
	if err := d.step("create"); err != nil {
		return nil, err
	}
	f := &memFile{d: d, name: folder + "/" + prefix + "1", node: &inode{}}
	if d.names[f.name] != nil {
		panic("create twice")
	}
	d.names[f.name] = f.node
	return f, nil
}

func (d *memDisk) rename(from, to string) error {
	if err := d.step("rename"); err != nil {
		return err
	}
	if d.names[from] == nil {
		panic("rename of a file that is not there")
	}
	d.names[to] = d.names[from]
	delete(d.names, from)
	return nil
}

func (d *memDisk) remove(path string) error {
	if err := d.step("remove"); err != nil {
		return err
	}
	delete(d.names, path)
	return nil
}

func (d *memDisk) syncFolder(string) error {
	if err := d.step("syncFolder"); err != nil {
		return err
	}
	d.durable = maps.Clone(d.names)
	return nil
}

// afterPowerCut is every content that "dir/s" may have when the power is back; nil = no file.
func (d *memDisk) afterPowerCut() [][]byte {
	var out [][]byte
	for _, names := range []map[string]*inode{d.names, d.durable} {
		n := names["dir/s"]
		if n == nil {
			out = append(out, nil)
			continue
		}
		out = append(out, n.synced)
		if string(n.data) != string(n.synced) {
			out = append(out, n.data, n.data[:len(n.data)/2])
		}
	}
	return out
}

type memFile struct {
	d      *memDisk
	name   string
	node   *inode
	closed bool
}

func (f *memFile) Name() string { return f.name }

func (f *memFile) Write(p []byte) (int, error) {
	if n := f.d.bytes; n >= 0 && n < len(p) {
		f.node.data = slices.Clone(p[:n])
		if errors.Is(f.d.noBytes, errCut) {
			f.d.cut = len(f.d.steps) // and nothing after it
		}
		return n, f.d.noBytes
	}
	half := len(p) / 2
	f.node.data = slices.Clone(p[:half]) // cut in the middle of a write
	if err := f.d.step("write"); err != nil {
		return half, err
	}
	f.node.data = slices.Clone(p)
	return len(p), nil
}

func (f *memFile) Sync() error {
	if err := f.d.step("sync"); err != nil {
		return err
	}
	f.node.synced = f.node.data
	return nil
}

func (f *memFile) Close() error {
	if f.closed {
		panic("close twice")
	}
	f.closed = true
	return f.d.step("close")
}

var wholeWrite = []string{"makeFolder", "create", "write", "sync", "close", "rename", "syncFolder"}

func TestPowerCutAtAnyStepLeavesOldOrNew(t *testing.T) {
	fresh := []byte("the new content")
	for _, old := range [][]byte{nil, []byte("the old content")} {
		for cut := range len(wholeWrite) + 1 {
			t.Run(fmt.Sprintf("%q before step %d", old, cut), func(t *testing.T) {
				d := newMemDisk(old)
				d.cut = cut
				err := writeFile(d, "dir/s", fresh)
				after := d.afterPowerCut()
				if cut == len(wholeWrite) {
					require.NoError(t, err)
					assert.Equal(t, wholeWrite, d.steps)
					for _, got := range after {
						assert.Equal(t, fresh, got, "what was told to be written survives")
					}
					return
				}
				require.ErrorIs(t, err, errCut)
				for _, got := range after {
					if !assert.Contains(t, [][]byte{old, fresh}, got) {
						t.Logf("steps: %v", d.steps)
					}
				}
			})
		}
	}
}

func TestStepThatGoesWrongLeavesNothingBehind(t *testing.T) {
	for fail, name := range wholeWrite {
		t.Run(name, func(t *testing.T) {
			d := newMemDisk([]byte("old"))
			d.fail = fail
			require.ErrorIs(t, writeFile(d, "dir/s", []byte("new")), errStep)
			want := "old"
			if name == "syncFolder" {
				want = "new"
			}
			assert.Equal(t, want, string(d.names["dir/s"].data))
			assert.Len(t, d.names, 1)
		})
	}
}

package bus

import (
	"path"
	"reflect"
	"runtime"
	"strconv"
	"strings"
)

var ownPath = reflect.TypeFor[Bus]().PkgPath()

// callSite is the file:line of the nearest caller outside this package and bustest.
func callSite() string {
	var pcs [16]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs[:])])
	for {
		f, more := frames.Next()
		rest, ours := strings.CutPrefix(f.Function, ownPath)
		if !ours || !strings.HasPrefix(rest, ".") && !strings.HasPrefix(rest, "/bustest.") {
			return site(f.File, f.Line)
		}
		if !more {
			return "unknown"
		}
	}
}

// funcSite is the file:line where fn is written.
func funcSite(fn func()) string {
	pc := reflect.ValueOf(fn).Pointer()
	f := runtime.FuncForPC(pc)
	if f == nil {
		return "unknown"
	}
	return site(f.FileLine(pc))
}

// site keeps the file's folder and name: enough to find it, and no path of the machine that built the program.
func site(file string, line int) string {
	folder, name := path.Split(file)
	return path.Join(path.Base(folder), name) + ":" + strconv.Itoa(line)
}

package main

import (
	"fmt"
	"html"
	"io"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// serveFolder is the datastore's door: GET and HEAD of /folder/PATH?dcPath=..&dsName=.., with Range.
func (l *lab) serveFolder(w http.ResponseWriter, r *http.Request) {
	running := l.counters.enter("folder")
	defer l.counters.leave("folder")
	user, ok := l.mayEnter(w, r)
	if !ok {
		return
	}
	if max := l.knobs.get().MaxFolderRequests; max > 0 && running > max {
		l.counters.add("folder.503", 1)
		http.Error(w, "Too many connections", http.StatusServiceUnavailable)
		return
	}
	for _, privilege := range folderNeeds {
		if l.accounts.lacks(user, privilege) {
			http.Error(w, "Permission to perform this operation was denied: "+privilege, http.StatusForbidden)
			return
		}
	}
	act := l.rules.take("folder", r.Method, r.URL.Path, r.Header.Get("Range") != "")
	if act == nil {
		act = &action{}
	}
	time.Sleep(time.Duration(act.DelayMs) * time.Millisecond)
	if act.Status != 0 {
		refuseStatus(w, act)
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	query := r.URL.Query()
	dcPath := query.Get("dcPath")
	if dcPath != l.dcPath && !(dcPath == "" && l.cfg.Esx) {
		http.Error(w, "No datacenter has this path", http.StatusNotFound)
		return
	}
	store, ok := l.datastores[query.Get("dsName")]
	if !ok {
		http.Error(w, "No datastore has this name", http.StatusNotFound)
		return
	}
	l.serveFile(w, r, store, path.Clean("/"+strings.TrimPrefix(r.URL.Path, "/folder")), act)
}

// mayEnter asks for a session's cookie, a service ticket, or a name and password (which open a session).
func (l *lab) mayEnter(w http.ResponseWriter, r *http.Request) (string, bool) {
	if key, user := l.sessions.of(r); key != "" {
		return user, true
	}
	if id := strings.Trim(rawCookie(r, "vmware_cgi_ticket"), `"`); id != "" {
		if user, ok := l.tickets.use(id, r); ok {
			return user, true
		}
		http.Error(w, "The ticket is not valid", http.StatusUnauthorized)
		return "", false
	}
	if name, password, ok := r.BasicAuth(); ok && l.accounts.check(name, password) {
		if max := l.knobs.get().MaxSessions; max > 0 && l.sessions.count() >= max {
			http.Error(w, "Out of HTTP sessions: Limited to "+fmt.Sprint(max), http.StatusServiceUnavailable)
			return "", false
		}
		// Each such request opens a session, as on a real server.
		key := randomToken()
		l.sessions.add(key, name, true)
		value := key
		if l.knobs.get().QuotedCookie {
			value = `"` + value + `"`
		}
		w.Header().Set("Set-Cookie", cookieName+"="+value+"; Path=/; HttpOnly; Secure; ")
		l.counters.add("folder.basic", 1)
		return name, true
	}
	l.counters.add("folder.401", 1)
	w.Header().Set("WWW-Authenticate", `Basic realm="VMware HTTP server"`)
	http.Error(w, "Unauthorized", http.StatusUnauthorized)
	return "", false
}

// serveFile finds the file of a path and whether the host's locks allow to read it.
func (l *lab) serveFile(w http.ResponseWriter, r *http.Request, store *datastore, name string, act *action) {
	parts := strings.SplitN(strings.TrimPrefix(name, "/"), "/", 2)
	full := filepath.Join(store.dir, filepath.FromSlash(name))
	if len(parts) == 2 {
		if m := l.machineIn(store, parts[0]); m != nil {
			real, locked, err := l.diskFile(m, store, parts[1])
			switch {
			case err != nil:
				http.Error(w, err.Error(), http.StatusInternalServerError)
				return
			case locked:
				l.counters.add("folder.locked", 1)
				http.Error(w, "Failed to lock the file", http.StatusInternalServerError)
				return
			case real != "":
				full = real
			}
			if act.Vanish && act.AfterBytes == 0 {
				l.removeMachine(m)
			}
			l.sendFile(w, r, full, m, act)
			return
		}
	}
	l.sendFile(w, r, full, nil, act)
}

func (l *lab) machineIn(store *datastore, dir string) *machine {
	l.mu.Lock()
	defer l.mu.Unlock()
	if m, ok := l.byFolder[store.name+"/"+dir]; ok {
		return m
	}
	for _, m := range l.order {
		if m.dir != dir {
			continue
		}
		for _, d := range m.disks {
			if d.store == store {
				return m
			}
		}
	}
	return nil
}

// diskFile maps the name of an extent to what holds its bytes. "" means: not an extent.
func (l *lab) diskFile(m *machine, store *datastore, name string) (real string, locked bool, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	k := l.knobs.get()
	running := m.powerState() != off
	for _, d := range m.disks {
		if d.store != store || d.spec.Kind != "flat" || store.kind == "vsan" {
			continue
		}
		tops := []*layer{d.top}
		for _, s := range m.snapshots {
			if ly := s.layers[d.key]; ly != nil {
				tops = append(tops, ly)
			}
		}
		for _, top := range tops {
			for ly := top; ly != nil; ly = ly.parent {
				if ly.extentName() != name {
					continue
				}
				// The guest writes to the top; what is below is frozen, and locked too where the host is strict.
				if running && (ly == d.top || k.LockedChain) {
					return "", true, nil
				}
				if err := m.ensure(d); err != nil {
					return "", false, err
				}
				if ly.parent == nil {
					return ly.image, false, nil
				}
				file, err := l.deltaFile(m, d, ly)
				return file, false, err
			}
		}
	}
	return "", false, nil
}

// sendFile answers with a file or a part of it.
func (l *lab) sendFile(w http.ResponseWriter, r *http.Request, name string, m *machine, act *action) {
	f, err := os.Open(name)
	if err != nil {
		http.Error(w, "Not Found", http.StatusNotFound)
		return
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	if info.IsDir() {
		listFolder(w, f)
		return
	}
	start, end, status := int64(0), info.Size(), http.StatusOK
	if header := r.Header.Get("Range"); header != "" && !act.IgnoreRange {
		var ok bool
		start, end, ok = parseRange(header, info.Size())
		if !ok {
			w.Header().Set("Content-Range", fmt.Sprintf("bytes */%d", info.Size()))
			w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
			return
		}
		status = http.StatusPartialContent
		w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", start+act.RangeShift, end-1+act.RangeShift, info.Size()))
	}
	if l.knobs.get().AcceptRanges {
		w.Header().Set("Accept-Ranges", "bytes")
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Last-Modified", info.ModTime().UTC().Format(http.TimeFormat))
	w.Header().Set("Content-Length", strconv.FormatInt(end-start, 10))
	w.WriteHeader(status)
	if r.Method == http.MethodHead {
		return
	}
	if _, err := f.Seek(start, io.SeekStart); err != nil {
		return
	}
	l.sendBody(w, io.LimitReader(f, end-start), m, act)
}

// plainAction tells whether the body can go out unmeddled, by the quick way of the standard library.
func (a *action) plain() bool {
	return a.CutAfter == nil && a.ShortAfter == nil && a.EndAfter == nil && a.Flip == nil && a.BytesPerSecond == 0 && !a.Vanish
}

func (l *lab) sendBody(w http.ResponseWriter, body io.Reader, m *machine, act *action) {
	if act.plain() {
		n, _ := io.CopyBuffer(struct{ io.Writer }{w}, body, make([]byte, 256<<10))
		l.counters.add("folder.bytes", int(n))
		return
	}
	out := &meddler{ResponseWriter: w, act: act}
	if act.Vanish && m != nil {
		out.onBytes = func() { l.removeMachine(m) }
	}
	n, err := io.CopyBuffer(struct{ io.Writer }{out}, body, make([]byte, 64<<10))
	l.counters.add("folder.bytes", int(n))
	if err == nil && ((act.CutAfter != nil && *act.CutAfter <= n) || (act.ShortAfter != nil && *act.ShortAfter <= n)) {
		return
	}
}

// parseRange reads "bytes=a-b", "bytes=a-" and "bytes=-n". More than one range is not answered.
func parseRange(header string, size int64) (start, end int64, ok bool) {
	spec := strings.TrimPrefix(header, "bytes=")
	dash := strings.IndexByte(spec, '-')
	if spec == header || dash < 0 || strings.Contains(spec, ",") {
		return 0, 0, false
	}
	if dash == 0 {
		n, err := strconv.ParseInt(spec[1:], 10, 64)
		if err != nil || n <= 0 {
			return 0, 0, false
		}
		if n > size {
			n = size
		}
		return size - n, size, true
	}
	start, err := strconv.ParseInt(spec[:dash], 10, 64)
	if err != nil || start >= size {
		return 0, 0, false
	}
	end = size
	if spec[dash+1:] != "" {
		last, err := strconv.ParseInt(spec[dash+1:], 10, 64)
		if err != nil || last < start {
			return 0, 0, false
		}
		if last+1 < size {
			end = last + 1
		}
	}
	return start, end, true
}

// listFolder writes the page that a server gives for a folder.
func listFolder(w http.ResponseWriter, f *os.File) {
	names, _ := f.Readdirnames(-1)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = io.WriteString(w, "<!DOCTYPE html><html><body><table>\n")
	for _, name := range names {
		fmt.Fprintf(w, "<tr><td>%s</td></tr>\n", html.EscapeString(name))
	}
	_, _ = io.WriteString(w, "</table></body></html>\n")
}

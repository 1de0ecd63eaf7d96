package main

import (
	"net/http"
	"strings"
	"sync"
	"time"
)

const cookieName = "vmware_soap_session"

type labSession struct {
	user    string
	last    time.Time
	basic   bool
	expired bool
}

// sessionTable knows who is logged in. The simulator has its own; this one stands in front, so that sessions can be ended
// at will, and /folder, which the simulator leaves open, asks for one.
type sessionTable struct {
	mu    sync.Mutex
	knobs *knobBox
	byKey map[string]*labSession
}

func newSessionTable(k *knobBox) *sessionTable {
	return &sessionTable{knobs: k, byKey: map[string]*labSession{}}
}

func (t *sessionTable) add(key, user string, basic bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.byKey[key] = &labSession{user: user, last: time.Now(), basic: basic}
}

func (t *sessionTable) drop(key string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.byKey, key)
}

// expire ends the sessions of a user, or all of them for "".
func (t *sessionTable) expire(user string) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := 0
	for key, s := range t.byKey {
		if user == "" || s.user == user {
			delete(t.byKey, key)
			n++
		}
	}
	return n
}

func (t *sessionTable) count() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sweep()
	return len(t.byKey)
}

func (t *sessionTable) sweep() {
	idle := time.Duration(t.knobs.get().SessionIdleMs) * time.Millisecond
	if idle == 0 {
		return
	}
	for key, s := range t.byKey {
		if time.Since(s.last) > idle {
			delete(t.byKey, key)
		}
	}
}

// of returns the key and user of the request's session; "" when it has none that lives. The cookie must be sent as it was
// given, quotes included.
func (t *sessionTable) of(r *http.Request) (key, user string) {
	raw := rawCookie(r, cookieName)
	if raw == "" {
		return "", ""
	}
	quoted := strings.HasPrefix(raw, `"`)
	if quoted != t.knobs.get().QuotedCookie {
		return "", ""
	}
	raw = strings.Trim(raw, `"`)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sweep()
	s, ok := t.byKey[raw]
	if !ok {
		return "", ""
	}
	s.last = time.Now()
	return raw, s.user
}

// rawCookie reads a cookie without taking its quotes off.
func rawCookie(r *http.Request, name string) string {
	for _, line := range r.Header["Cookie"] {
		for _, part := range strings.Split(line, ";") {
			part = strings.TrimSpace(part)
			if strings.HasPrefix(part, name+"=") {
				return part[len(name)+1:]
			}
		}
	}
	return ""
}

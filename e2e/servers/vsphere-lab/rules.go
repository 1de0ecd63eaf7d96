package main

import (
	"encoding/json"
	"strings"
	"sync"
)

// rule is one fault on demand: what it applies to, how often, and what happens then.
type rule struct {
	ID string `json:"id"`
	// Kind: "sdk" (a SOAP call), "task" (the work of a task), "folder", "nfc", "login".
	Kind string `json:"kind"`
	// Method is the SOAP method or the HTTP method; "" is any.
	Method string `json:"method"`
	// Path must be contained in the URL's path (folder, nfc) or equal the object's moref value (sdk, task); "" is any.
	Path string `json:"path"`
	// OnlyRange leaves out requests without a Range header (folder).
	OnlyRange bool `json:"onlyRange"`
	// Skip so many matches, then act so many Times; Times 0 is for ever.
	Skip  int `json:"skip"`
	Times int `json:"times"`

	action
	hits int
}

// action is what a rule does. Several parts may be set at once.
type action struct {
	// DelayMs before the answer; BytesPerSecond slows its body.
	DelayMs        int `json:"delayMs"`
	BytesPerSecond int `json:"bytesPerSecond"`
	// Status answers with that HTTP status and a short text; RetryAfter sets that header (seconds).
	Status     int `json:"status"`
	RetryAfter int `json:"retryAfter"`
	// CutAfter resets the connection when that many bytes of the body are out; ShortAfter ends it in good order.
	CutAfter   *int64 `json:"cutAfter"`
	ShortAfter *int64 `json:"shortAfter"`
	// EndAfter ends the body there as if it were whole (a chunked one is then truncated and yet well-formed).
	EndAfter *int64 `json:"endAfter"`
	// IgnoreRange answers 200 with the whole file.
	IgnoreRange bool `json:"ignoreRange"`
	// RangeShift adds so many bytes to the offsets told in Content-Range; the body stays.
	RangeShift int64 `json:"rangeShift"`
	// Flip inverts the byte at that offset of the body.
	Flip *int64 `json:"flip"`
	// Fault is the name of a vim25 fault; Detail its fields (as JSON), Message its text.
	Fault   string          `json:"fault"`
	Detail  json.RawMessage `json:"detail"`
	Message string          `json:"message"`
	// Body answers /sdk with something hostile: entityBomb, doctype, notXml, truncated, deep, huge.
	Body string `json:"body"`
	// Vanish removes the machine that the request is about before it is served.
	Vanish bool `json:"vanish"`
	// AfterBytes delays Vanish until so many bytes of the body are out.
	AfterBytes int64 `json:"afterBytes"`
}

type ruleBook struct {
	mu    sync.Mutex
	rules []*rule
}

func newRuleBook() *ruleBook { return &ruleBook{} }

func (b *ruleBook) set(rules []*rule) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.rules = rules
}

// take returns the action of the first rule that fits and counts it; nil when none does.
func (b *ruleBook) take(kind, method, path string, ranged bool) *action {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, r := range b.rules {
		if r.Kind != kind || (r.Method != "" && r.Method != method) || (r.OnlyRange && !ranged) || !r.fits(path) {
			continue
		}
		r.hits++
		if r.hits <= r.Skip || (r.Times > 0 && r.hits > r.Skip+r.Times) {
			continue
		}
		a := r.action
		return &a
	}
	return nil
}

func (r *rule) fits(path string) bool {
	if r.Path == "" {
		return true
	}
	if r.Kind == "folder" || r.Kind == "nfc" {
		return strings.Contains(path, r.Path)
	}
	return path == r.Path
}

// hits tells how often each rule acted, by id.
func (b *ruleBook) hits() map[string]int {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := map[string]int{}
	for _, r := range b.rules {
		acted := r.hits - r.Skip
		if acted < 0 {
			acted = 0
		}
		if r.Times > 0 && acted > r.Times {
			acted = r.Times
		}
		out[r.ID] += acted
	}
	return out
}

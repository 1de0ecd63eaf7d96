package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"

	"github.com/vmware/govmomi/simulator"
	vapi "github.com/vmware/govmomi/vapi/simulator"
)

const apiSession = "vmware-api-session-id"

// tagStore is the simulator's /rest service (sessions and tags), filled by machine specs ("category:tag").
type tagStore struct {
	lab     *lab
	path    string
	handler http.Handler
	mu      sync.Mutex
	session string
	ids     map[string]string
}

func newTagStore(l *lab) *tagStore {
	t := &tagStore{lab: l, ids: map[string]string{}}
	path, handler := vapi.New(&url.URL{Scheme: "https", Host: "localhost"}, simulator.Map.OptionManager().Setting)
	t.path, t.handler = strings.TrimSuffix(path, "/"), handler
	return t
}

// register opens the service; a session needs an account's name and password, which the simulator does not check.
func (t *tagStore) register(mux *http.ServeMux) {
	if t.lab.cfg.Esx {
		return
	}
	mux.HandleFunc(t.path+"/", func(w http.ResponseWriter, r *http.Request) {
		t.lab.counters.add("rest", 1)
		opens := r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/cis/session") && r.URL.RawQuery == ""
		if name, password, _ := r.BasicAuth(); opens && !t.lab.accounts.check(name, password) {
			w.Header().Set("WWW-Authenticate", `Basic realm="VAPI"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		t.handler.ServeHTTP(w, r)
	})
}

// call speaks to the service from inside and returns its value.
func (t *tagStore) call(method, path string, body, value interface{}) error {
	raw, err := json.Marshal(body)
	if err != nil {
		return err
	}
	r := httptest.NewRequest(method, t.path+"/com/vmware/cis"+path, bytes.NewReader(raw))
	r.SetBasicAuth("lab", "lab")
	r.Header.Set(apiSession, t.session)
	w := httptest.NewRecorder()
	t.handler.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		return fmt.Errorf("tags: %s %s: %d %s", method, path, w.Code, w.Body.String())
	}
	if value == nil {
		return nil
	}
	return json.Unmarshal(w.Body.Bytes(), &struct{ Value interface{} }{value})
}

// attach gives a machine its tags, made when they are new.
func (t *tagStore) attach(m *machine) error {
	if t.lab.cfg.Esx || len(m.spec.Tags) == 0 {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.session == "" {
		if err := t.call(http.MethodPost, "/session", nil, &t.session); err != nil {
			return err
		}
	}
	for _, tag := range m.spec.Tags {
		parts := strings.SplitN(tag, ":", 2)
		if len(parts) != 2 {
			return fmt.Errorf("%s: a tag is written category:tag, not %q", m.name, tag)
		}
		category, err := t.make("category", parts[0], map[string]interface{}{
			"name": parts[0], "description": "", "cardinality": "MULTIPLE", "associable_types": []string{"VirtualMachine"},
		})
		if err != nil {
			return err
		}
		id, err := t.make("tag", tag, map[string]interface{}{"name": parts[1], "description": "", "category_id": category})
		if err != nil {
			return err
		}
		object := map[string]interface{}{"object_id": map[string]string{"id": m.ref.Value, "type": "VirtualMachine"}}
		if err := t.call(http.MethodPost, "/tagging/tag-association/id:"+id+"?~action=attach", object, nil); err != nil {
			return err
		}
	}
	return nil
}

func (t *tagStore) make(kind, key string, spec map[string]interface{}) (string, error) {
	if id, ok := t.ids[kind+key]; ok {
		return id, nil
	}
	var id string
	if err := t.call(http.MethodPost, "/tagging/"+kind, map[string]interface{}{"create_spec": spec}, &id); err != nil {
		return "", err
	}
	t.ids[kind+key] = id
	return id, nil
}

package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/vmware/govmomi/vim25/types"
)

func strictJSON(raw []byte, into interface{}) error {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	return decoder.Decode(into)
}

// controlHandler is the tests' door: POST /CALL with JSON, answered with JSON. 400 tells what was wrong.
func (l *lab) controlHandler(token string) http.Handler {
	calls := map[string]func(json.RawMessage) (interface{}, error){
		"knobs":      func(raw json.RawMessage) (interface{}, error) { return l.knobs.get(), l.knobs.set(raw) },
		"rules":      l.controlRules,
		"account":    l.controlAccount,
		"expire":     l.controlExpire,
		"stats":      l.controlStats,
		"resetStats": func(json.RawMessage) (interface{}, error) { l.counters.reset(); return nil, nil },
		"machines":   func(json.RawMessage) (interface{}, error) { return l.describeMachines(true), nil },
		"addMachine": l.controlAdd,
		"fill":       l.controlFill,
		"remove":     l.onMachine(func(m *machine, _ control) (interface{}, error) { l.removeMachine(m); return nil, nil }),
		"machine":    l.onMachine(func(m *machine, _ control) (interface{}, error) { return l.describeMachine(m), nil }),
		"rename":     l.onMachine(l.controlRename),
		"guestWrite": l.onMachine(l.controlWrite),
		"truth":      l.onMachine(l.controlTruth),
		"resetCbt":   l.onMachine(l.controlResetCbt),
		"power":      l.onMachine(l.controlPower),
		"makeCircle": l.controlCircle,
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || r.Header.Get("Authorization") != "Bearer "+token {
			http.Error(w, "forbidden", http.StatusForbidden)
			return
		}
		call, ok := calls[strings.TrimPrefix(r.URL.Path, "/")]
		raw, err := io.ReadAll(io.LimitReader(r.Body, 64<<20))
		if !ok || err != nil {
			http.Error(w, "no such call", http.StatusNotFound)
			return
		}
		answer, err := call(raw)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(answer)
	})
}

// control are the arguments of the calls about one machine.
type control struct {
	VM       string  `json:"vm"`
	Disk     int     `json:"disk"`
	Snapshot string  `json:"snapshot"`
	Offset   int64   `json:"offset"`
	Base64   string  `json:"base64"`
	Length   int64   `json:"length"`
	Stamp    uint64  `json:"stamp"`
	Name     *string `json:"name"`
	NameLen  int     `json:"nameBytes"`
	State    string  `json:"state"`
}

func (l *lab) onMachine(f func(*machine, control) (interface{}, error)) func(json.RawMessage) (interface{}, error) {
	return func(raw json.RawMessage) (interface{}, error) {
		var c control
		if err := strictJSON(raw, &c); err != nil {
			return nil, err
		}
		m := l.find(c.VM)
		if m == nil {
			return nil, fmt.Errorf("no machine is called %q", c.VM)
		}
		return f(m, c)
	}
}

func (m *machine) diskNumber(n int) (*disk, error) {
	if n < 0 || n >= len(m.disks) {
		return nil, fmt.Errorf("%s has no disk %d", m.name, n)
	}
	return m.disks[n], nil
}

func (l *lab) controlRules(raw json.RawMessage) (interface{}, error) {
	var rules []*rule
	if err := strictJSON(raw, &rules); err != nil {
		return nil, err
	}
	l.rules.set(rules)
	return nil, nil
}

func (l *lab) controlAccount(raw json.RawMessage) (interface{}, error) {
	var a account
	if err := strictJSON(raw, &a); err != nil {
		return nil, err
	}
	l.accounts.put(a)
	return nil, nil
}

func (l *lab) controlExpire(raw json.RawMessage) (interface{}, error) {
	var arg struct {
		Username string `json:"username"`
	}
	if err := strictJSON(raw, &arg); err != nil {
		return nil, err
	}
	return l.sessions.expire(arg.Username), nil
}

func (l *lab) controlAdd(raw json.RawMessage) (interface{}, error) {
	var spec machineSpec
	if err := strictJSON(raw, &spec); err != nil {
		return nil, err
	}
	m, err := l.addMachine(spec)
	if err != nil {
		return nil, err
	}
	return l.describeMachine(m), nil
}

func (l *lab) controlFill(raw json.RawMessage) (interface{}, error) {
	var arg struct {
		Count int `json:"count"`
	}
	if err := strictJSON(raw, &arg); err != nil {
		return nil, err
	}
	return nil, l.fill(arg.Count)
}

// controlRename takes a name, or a number of bytes that the name shall have.
func (l *lab) controlRename(m *machine, c control) (interface{}, error) {
	name := strings.Repeat("N", c.NameLen)
	if c.Name != nil {
		name = *c.Name
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.update(l.renamed(m, name)...)
	return nil, nil
}

// controlWrite writes as the guest: bytes, or a stamp of some length.
func (l *lab) controlWrite(m *machine, c control) (interface{}, error) {
	d, err := m.diskNumber(c.Disk)
	if err != nil {
		return nil, err
	}
	data := stamped(c.Stamp, c.Offset, c.Length)
	if c.Base64 != "" {
		if data, err = base64.StdEncoding.DecodeString(c.Base64); err != nil {
			return nil, err
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return nil, m.write(d, c.Offset, data)
}

// controlTruth tells the raw file with what the guest sees, or what a snapshot holds.
func (l *lab) controlTruth(m *machine, c control) (interface{}, error) {
	d, err := m.diskNumber(c.Disk)
	if err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.ensure(d); err != nil {
		return nil, err
	}
	if c.Snapshot == "" {
		return d.top.image, nil
	}
	s, ok := m.snapshots[c.Snapshot]
	if !ok || s.layers[d.key] == nil {
		return nil, fmt.Errorf("no snapshot %q holds this disk", c.Snapshot)
	}
	return s.layers[d.key].image, nil
}

// controlResetCbt starts the tracking anew, as a host does after a power failure: older change ids are refused.
func (l *lab) controlResetCbt(m *machine, _ control) (interface{}, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, d := range m.disks {
		if d.cbt != "" {
			d.cbt = newChangeUUID(m, d)
		}
	}
	return nil, nil
}

// controlPower is somebody else who powers the machine on or off, lease or not.
func (l *lab) controlPower(m *machine, c control) (interface{}, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.powerState() == types.VirtualMachinePowerState(c.State) {
		return nil, nil
	}
	if f := l.power("somebody", m, types.VirtualMachinePowerState(c.State)); f != nil {
		return nil, fmt.Errorf("%s", faultMessage(f))
	}
	return nil, nil
}

// controlStats tells what came in and what is left: sessions, leases, snapshots.
func (l *lab) controlStats(json.RawMessage) (interface{}, error) {
	counts, highest := l.counters.snapshot()
	leases, ends := l.leases.count()
	l.mu.Lock()
	machines := append([]*machine(nil), l.order...)
	l.mu.Unlock()
	snapshots := 0
	for _, m := range machines {
		m.mu.Lock()
		snapshots += len(m.snapshots)
		m.mu.Unlock()
	}
	return map[string]interface{}{
		"counts": counts, "highest": highest, "rules": l.rules.hits(), "sessions": l.sessions.count(), "leases": leases, "leaseEnds": append([]leaseEnd{}, ends...),
		"snapshots": snapshots, "machines": len(machines),
	}, nil
}

// machineInfo is what control calls tell of a machine.
type machineInfo struct {
	Moref     string         `json:"moref"`
	Name      string         `json:"name"`
	Folder    string         `json:"folder"`
	Datastore string         `json:"datastore"`
	State     string         `json:"state"`
	Disks     []diskInfo     `json:"disks"`
	Snapshots []snapshotInfo `json:"snapshots"`
}

type diskInfo struct {
	Key           int32  `json:"key"`
	CapacityBytes int64  `json:"capacityBytes"`
	Datastore     string `json:"datastore"`
	// Path of the data's file below /folder: of the base, whatever lies over it.
	FlatPath string `json:"flatPath"`
	Truth    string `json:"truth"`
}

type snapshotInfo struct {
	Moref string `json:"moref"`
	Name  string `json:"name"`
}

func (l *lab) describeMachine(m *machine) machineInfo {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := machineInfo{
		Moref: m.ref.Value, Name: m.name, Folder: m.dir, Datastore: m.store.name, State: string(m.powerState()), Disks: []diskInfo{}, Snapshots: []snapshotInfo{},
	}
	for _, d := range m.disks {
		out.Disks = append(out.Disks, diskInfo{
			Key: d.key, CapacityBytes: d.capacity, Datastore: d.store.name, FlatPath: m.dir + "/" + d.base + "-flat.vmdk", Truth: d.top.image,
		})
	}
	for _, s := range m.snapshotsInOrder() {
		out.Snapshots = append(out.Snapshots, snapshotInfo{s.ref.Value, s.name})
	}
	return out
}

// describeMachines leaves the machines made by fill out unless all are asked for.
func (l *lab) describeMachines(all bool) []machineInfo {
	l.mu.Lock()
	machines := append([]*machine(nil), l.order...)
	l.mu.Unlock()
	out := []machineInfo{}
	for _, m := range machines {
		if all || !strings.HasPrefix(m.spec.Folder, "fill/") {
			out = append(out, l.describeMachine(m))
		}
	}
	return out
}

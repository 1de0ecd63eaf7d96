package main

import (
	"crypto/rand"
	"encoding/hex"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/types"
)

// lab is the whole server. The simulator keeps its inventory in a global (simulator.Map): one lab a process.
type lab struct {
	cfg     config
	service *simulator.Service
	// dirs: stores/NAME are the datastores that clients see, truth/ holds what the guests see, tmp/ leases and deltas.
	storesDir, truthDir, tmpDir string

	knobs    *knobBox
	rules    *ruleBook
	sessions *sessionTable
	accounts *accountTable
	hub      *updateHub
	counters *counterBox
	leases   *leaseTable
	tickets  *ticketTable
	tags     *tagStore

	mu         sync.Mutex
	machines   map[string]*machine // by moref value
	byFolder   map[string]*machine // by "DATASTORE/FOLDER"
	order      []*machine
	datastores map[string]*datastore
	dcPath     string
	dcRef      types.ManagedObjectReference
	places     *places

	certs       *certificates
	mainAddress string
	hostAddress string

	serial int64
}

type datastore struct {
	name string
	dir  string
	ref  types.ManagedObjectReference
	kind string // VMFS, NFS, vsan
}

func newLab(cfg config) (*lab, error) {
	l := &lab{
		cfg:        cfg,
		storesDir:  filepath.Join(cfg.Dir, "stores"),
		truthDir:   filepath.Join(cfg.Dir, "truth"),
		tmpDir:     filepath.Join(cfg.Dir, "tmp"),
		knobs:      newKnobBox(),
		rules:      newRuleBook(),
		hub:        newUpdateHub(),
		counters:   newCounterBox(),
		tickets:    newTicketTable(),
		machines:   map[string]*machine{},
		byFolder:   map[string]*machine{},
		datastores: map[string]*datastore{},
	}
	if cfg.Esx {
		// A host leaves its own name to the client.
		l.knobs.k.DeviceHost = "*"
	}
	l.accounts = newAccountTable(cfg.Username, cfg.Password)
	l.sessions = newSessionTable(l.knobs)
	l.leases = newLeaseTable(l)
	for _, dir := range []string{l.storesDir, l.truthDir, l.tmpDir} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, err
		}
	}
	if err := l.buildInventory(); err != nil {
		return nil, err
	}
	l.putSingletons()
	for _, spec := range cfg.Machines {
		if _, err := l.addMachine(spec); err != nil {
			return nil, err
		}
	}
	if err := l.fill(cfg.Fill); err != nil {
		return nil, err
	}
	return l, nil
}

// nextID gives the numbers of task, snapshot, lease and machine references.
func (l *lab) nextID() int64 { return atomic.AddInt64(&l.serial, 1) }

func (l *lab) machine(ref types.ManagedObjectReference) *machine {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.machines[ref.Value]
}

// find takes a moref value or a machine's name, as the control calls do.
func (l *lab) find(name string) *machine {
	l.mu.Lock()
	defer l.mu.Unlock()
	if m, ok := l.machines[name]; ok {
		return m
	}
	for _, m := range l.order {
		if m.name == name {
			return m
		}
	}
	return nil
}

func (l *lab) listenURL(host string) *url.URL {
	// User stays nil: the simulator then takes any name and password, and the front door has checked them before.
	return &url.URL{Scheme: "https", Host: host, Path: "/sdk"}
}

func randomToken() string {
	b := make([]byte, 16)
	if _, err := rand.Read(b); err != nil {
		panic(err)
	}
	return hex.EncodeToString(b)
}

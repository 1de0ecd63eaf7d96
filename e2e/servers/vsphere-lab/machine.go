package main

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/types"
)

// machineSpec is what a test says of a machine; everything but the name has a default.
type machineSpec struct {
	Name       string     `json:"name"`
	Folder     string     `json:"folder"`    // path below the datacenter's vm folder
	Datastore  string     `json:"datastore"` // of all disks that name none
	GuestID    string     `json:"guestId"`
	Annotation string     `json:"annotation"`
	Firmware   string     `json:"firmware"` // bios, efi
	SecureBoot bool       `json:"secureBoot"`
	Tpm        bool       `json:"tpm"`
	Encrypted  bool       `json:"encrypted"`
	CPUs       int32      `json:"cpus"`
	MemoryMB   int32      `json:"memoryMb"`
	PoweredOn  bool       `json:"poweredOn"`
	Tools      bool       `json:"tools"` // VMware Tools run while the machine does
	Cbt        bool       `json:"cbt"`
	Template   bool       `json:"template"`
	Tags       []string   `json:"tags"`
	Nics       []nicSpec  `json:"nics"`
	Disks      []diskSpec `json:"disks"`
	Host       int        `json:"host"` // number of the host
	Hardware   string     `json:"hardware"`
}

type nicSpec struct {
	Kind    string `json:"kind"` // vmxnet3, e1000e, e1000
	Network string `json:"network"`
	Mac     string `json:"mac"`
}

// machine is a virtual machine as the lab knows it. mu guards what is below it; the simulator's locks are taken inside,
// never the other way round.
type machine struct {
	ref    types.ManagedObjectReference
	name   string
	folder *simulator.Folder
	store  *datastore
	dir    string // name of its folder on the datastore
	spec   machineSpec

	mu        sync.Mutex
	disks     []*disk
	snapshots map[string]*snapshot // by moref value
	current   *snapshot
	nextDelta int
	nextSnap  int32
	lease     *labLease // of ExportVm: blocks changes of state
	busy      *types.ManagedObjectReference
	gone      bool
}

// vm is the simulator's object. Its fields are changed only through update.
func (m *machine) vm() *simulator.VirtualMachine {
	vm, _ := simulator.Map.Get(m.ref).(*simulator.VirtualMachine)
	return vm
}

// update changes properties as the simulator does it: under the object's lock, told to those who wait for updates.
func (m *machine) update(changes ...types.PropertyChange) {
	vm := m.vm()
	if vm == nil {
		return
	}
	simulator.Map.WithLock(vm, func() { simulator.Map.Update(vm, changes) })
}

func (m *machine) powerState() types.VirtualMachinePowerState {
	vm := m.vm()
	if vm == nil {
		return types.VirtualMachinePowerStatePoweredOff
	}
	var state types.VirtualMachinePowerState
	simulator.Map.WithLock(vm, func() { state = vm.Runtime.PowerState })
	return state
}

// addMachine makes a machine, its files and its place in the inventory.
func (l *lab) addMachine(spec machineSpec) (*machine, error) {
	if spec.Name == "" {
		return nil, fmt.Errorf("a machine needs a name")
	}
	if spec.Datastore == "" {
		spec.Datastore = storeNames[0]
	}
	store, ok := l.datastores[spec.Datastore]
	if !ok {
		return nil, fmt.Errorf("%s: no datastore is called %q", spec.Name, spec.Datastore)
	}
	id := l.nextID()
	m := &machine{
		ref:  types.ManagedObjectReference{Type: "VirtualMachine", Value: fmt.Sprintf("vm-%d", 1000+id)},
		name: spec.Name, store: store, spec: spec, dir: folderName(spec.Name), nextDelta: 1, snapshots: map[string]*snapshot{},
	}
	l.mu.Lock()
	for n := 1; l.byFolder[store.name+"/"+m.dir] != nil; n++ {
		m.dir = fmt.Sprintf("%s_%d", folderName(spec.Name), n)
	}
	l.byFolder[store.name+"/"+m.dir] = m
	m.folder = l.folder(spec.Folder)
	l.mu.Unlock()
	if err := m.makeDisks(l); err != nil {
		return nil, err
	}
	l.putMachine(m)
	return m, l.tags.attach(m)
}

// folderName is the machine's name as a folder of its datastore: short, and without what a path cannot have.
func folderName(name string) string {
	out := []rune{}
	for _, r := range name {
		if r == '/' || r == '\\' || r < ' ' || r == '[' || r == ']' {
			r = '_'
		}
		out = append(out, r)
		if len(out) == 60 {
			break
		}
	}
	if len(out) == 0 || out[0] == '.' {
		return "_" + string(out)
	}
	return string(out)
}

// putMachine writes the small files and registers the simulator's object with all that refers to it.
func (l *lab) putMachine(m *machine) {
	vm := l.describe(m)
	host := simulator.Map.Get(*vm.Runtime.Host).(*simulator.HostSystem)
	l.mu.Lock()
	l.machines[m.ref.Value] = m
	l.order = append(l.order, m)
	l.mu.Unlock()
	appendChild(m.folder, m.ref)
	append1(host, &host.Vm, m.ref)
	if vm.ResourcePool != nil {
		pool := simulator.Map.Get(*vm.ResourcePool).(*simulator.ResourcePool)
		append1(pool, &pool.Vm, m.ref)
	}
	for _, ref := range vm.Datastore {
		ds := simulator.Map.Get(ref).(*simulator.Datastore)
		append1(ds, &ds.Vm, m.ref)
	}
	simulator.Map.Put(vm)
	simulator.Map.Put(&LabMachine{ref: companionRef("VirtualMachine", m.ref), lab: l, m: m})
}

// removeMachine takes a machine out of the inventory at once, with its files and leases.
func (l *lab) removeMachine(m *machine) {
	m.mu.Lock()
	if m.gone {
		m.mu.Unlock()
		return
	}
	m.gone = true
	snapshots := m.snapshots
	m.snapshots = map[string]*snapshot{}
	lease := m.lease
	m.mu.Unlock()
	if lease != nil {
		lease.end(types.HttpNfcLeaseStateError, &types.ManagedObjectNotFound{Obj: m.ref})
	}
	l.leases.endOf(m)
	l.mu.Lock()
	delete(l.machines, m.ref.Value)
	delete(l.byFolder, m.store.name+"/"+m.dir)
	for i, other := range l.order {
		if other == m {
			l.order = append(append([]*machine(nil), l.order[:i]...), l.order[i+1:]...)
			break
		}
	}
	l.mu.Unlock()
	for value := range snapshots {
		l.dropSnapshotObject(value)
	}
	vm := m.vm()
	if vm == nil {
		return
	}
	drop := func(kind string, list func() *[]types.ManagedObjectReference, owner types.ManagedObjectReference) {
		simulator.Map.WithLock(owner, func() {
			old := *list()
			next := make([]types.ManagedObjectReference, 0, len(old))
			for _, ref := range old {
				if ref != m.ref {
					next = append(next, ref)
				}
			}
			*list() = next
		})
	}
	simulator.Map.WithLock(m.folder, func() {
		next := make([]types.ManagedObjectReference, 0, len(m.folder.ChildEntity))
		for _, ref := range m.folder.ChildEntity {
			if ref != m.ref {
				next = append(next, ref)
			}
		}
		simulator.Map.Update(m.folder, []types.PropertyChange{{Name: "childEntity", Val: next}})
	})
	host := simulator.Map.Get(*vm.Runtime.Host).(*simulator.HostSystem)
	drop("host", func() *[]types.ManagedObjectReference { return &host.Vm }, host.Self)
	if vm.ResourcePool != nil {
		pool := simulator.Map.Get(*vm.ResourcePool).(*simulator.ResourcePool)
		drop("pool", func() *[]types.ManagedObjectReference { return &pool.Vm }, pool.Self)
	}
	for _, ref := range vm.Datastore {
		ds := simulator.Map.Get(ref).(*simulator.Datastore)
		drop("datastore", func() *[]types.ManagedObjectReference { return &ds.Vm }, ds.Self)
	}
	simulator.Map.Remove(m.ref)
	simulator.Map.Remove(companionRef("VirtualMachine", m.ref))
	m.closeDisks()
	_ = os.RemoveAll(filepath.Join(m.store.dir, m.dir))
	l.postEvent("", &types.VmRemovedEvent{VmEvent: l.vmEvent(m)})
}

var fillKinds = []struct {
	guest, family string
}{
	{"ubuntu64Guest", "linux"}, {"windows2019srv_64Guest", "windows"}, {"rhel8_64Guest", "linux"}, {"debian11_64Guest", "linux"},
	{"windows9_64Guest", "windows"}, {"otherGuest", "other"},
}

// fill adds machines without contents, 200 a folder: an inventory to browse.
func (l *lab) fill(n int) error {
	for i := 0; i < n; i++ {
		kind := fillKinds[i%len(fillKinds)]
		spec := machineSpec{
			Name: fmt.Sprintf("fill-%05d", i), Folder: fmt.Sprintf("fill/%03d", i/200), GuestID: kind.guest, PoweredOn: i%3 != 0,
			Tools: i%4 != 0, Cbt: i%2 == 0, CPUs: int32(1 + i%8), MemoryMB: int32(1024 * (1 + i%32)), Host: i,
			Disks: []diskSpec{{CapacityBytes: int64(1+i%64) << 30, Empty: true}},
		}
		if i%10 == 0 {
			spec.Disks = append(spec.Disks, diskSpec{CapacityBytes: 5 << 30, Empty: true})
		}
		if _, err := l.addMachine(spec); err != nil {
			return err
		}
	}
	return nil
}

func sinceBoot() *time.Time { t := time.Now().Add(-26 * time.Hour); return &t }

func nameUUID(s string) string { return uuid.NewSHA1(uuid.NameSpaceOID, []byte(s)).String() }

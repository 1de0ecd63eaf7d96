package main

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// labLease is an export lease. Its first field is what the property collector reads.
type labLease struct {
	mo.HttpNfcLease
	lab      *lab
	m        *machine
	s        *snapshot // nil: of the machine as it is
	table    *leaseTable
	mu       sync.Mutex
	files    []*leaseFile
	deadline time.Time
	ended    bool
	task     *labTask // runs as long as the lease lives, as servers show it
}

// leaseFile is one device of a lease.
type leaseFile struct {
	key, name string
	disk      *disk  // nil for the NVRAM
	image     string // raw contents, held by a hard link so that they stay as they were
	path      string // the stream, once it is made
	once      sync.Once
	err       error
	summed    sync.Once
	sumErr    error
	whole1    string // of the whole file
	whole256  string
	sha1      string
	sha256    string
	sent      int64
	populated int64
}

type leaseTable struct {
	lab  *lab
	mu   sync.Mutex
	live map[string]*labLease
	log  []leaseEnd
}

// leaseEnd is how a lease ended, for tests.
type leaseEnd struct {
	Lease string `json:"lease"`
	VM    string `json:"vm"`
	End   string `json:"end"` // done, error, aborted, timeout
}

func newLeaseTable(l *lab) *leaseTable { return &leaseTable{lab: l, live: map[string]*labLease{}} }

func (t *leaseTable) byID(id string) *labLease {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.live[id]
}

func (t *leaseTable) count() (int, []leaseEnd) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.live), append([]leaseEnd(nil), t.log...)
}

// ofSnapshots finds a living lease of a snapshot, or of any of the machine's for nil.
func (t *leaseTable) ofSnapshots(m *machine, s *snapshot) *labLease {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, lease := range t.live {
		if lease.m == m && lease.s != nil && (s == nil || lease.s == s) {
			return lease
		}
	}
	return nil
}

func (t *leaseTable) endOf(m *machine) {
	t.mu.Lock()
	var ending []*labLease
	for _, lease := range t.live {
		if lease.m == m {
			ending = append(ending, lease)
		}
	}
	t.mu.Unlock()
	for _, lease := range ending {
		lease.end(types.HttpNfcLeaseStateError, &types.ManagedObjectNotFound{Obj: m.ref})
	}
}

// open makes a lease in state initializing; the caller holds the machine's lock.
func (t *leaseTable) open(m *machine, s *snapshot, user string) (*labLease, error) {
	l := t.lab
	id := nameUUID(fmt.Sprint("lease", l.nextID(), time.Now().UnixNano()))
	lease := &labLease{lab: l, m: m, s: s, table: t, task: l.newTask(user, m, "ExportVmLRO")}
	lease.Self = types.ManagedObjectReference{Type: "HttpNfcLease", Value: "session[" + id[:8] + "]" + id}
	lease.State = types.HttpNfcLeaseStateInitializing
	lease.Mode = "pushOrGet"
	lease.Capabilities = types.HttpNfcLeaseCapabilities{PullModeSupported: false, CorsSupported: true}
	for i, d := range m.disks {
		ly := d.top
		if s != nil {
			if ly = s.layers[d.key]; ly == nil {
				continue
			}
		}
		if d.spec.Kind == "rdmPhysical" {
			continue
		}
		if err := m.ensure(d); err != nil {
			return nil, err
		}
		f := &leaseFile{key: fmt.Sprintf("/%s/%s:%d", m.ref.Value, controllerNames[d.spec.Controller], d.unit), name: fmt.Sprintf("disk-%d.vmdk", i), disk: d}
		f.image = filepath.Join(l.tmpDir, id+"-"+f.name+".raw")
		// A powered-off machine's disk cannot change under a lease and a snapshot's never does: the name is enough.
		if err := linkOrCopy(ly.image, f.image); err != nil {
			return nil, err
		}
		lease.files = append(lease.files, f)
	}
	if m.spec.Firmware == "efi" {
		lease.files = append(lease.files, &leaseFile{key: fmt.Sprintf("/%s/nvram", m.ref.Value), name: m.dir + ".nvram", path: filepath.Join(m.store.dir, m.dir, m.dir+".nvram")})
	}
	t.mu.Lock()
	t.live[id] = lease
	t.mu.Unlock()
	lease.task.set(types.PropertyChange{Name: "info.state", Val: types.TaskInfoStateRunning}, types.PropertyChange{Name: "info.startTime", Val: now()},
		types.PropertyChange{Name: "info.cancelable", Val: false})
	simulator.Map.Put(lease)
	time.AfterFunc(time.Duration(l.knobs.get().LeaseInitMs)*time.Millisecond, func() { lease.becomeReady(id) })
	return lease, nil
}

var controllerNames = map[string]string{
	"pvscsi": "ParaVirtualSCSIController0", "lsilogic": "VirtualLsiLogicController0", "lsisas": "VirtualLsiLogicSASController0",
	"sata": "VirtualAHCIController0", "nvme": "VirtualNVMEController0", "ide": "VirtualIDEController0",
}

func linkOrCopy(from, to string) error {
	if os.Link(from, to) == nil {
		return nil
	}
	return copySparse(from, to)
}

func (lease *labLease) set(changes ...types.PropertyChange) {
	simulator.Map.WithLock(lease, func() { simulator.Map.Update(lease, changes) })
}

func (lease *labLease) becomeReady(id string) {
	k := lease.lab.knobs.get()
	host := k.DeviceHost
	if host == "host" {
		host = lease.lab.hostAddress
	}
	thumbprint := map[string]string{"right": thumbprint1(lease.lab.certs.hostDer), "wrong": colons(make([]byte, 20))}[k.Thumbprint]
	if host == "*" && k.Thumbprint == "right" {
		thumbprint = thumbprint1(lease.lab.certs.mainDer)
	}
	info := types.HttpNfcLeaseInfo{Lease: lease.Self, Entity: lease.m.ref, LeaseTimeout: int32((k.LeaseTimeoutMs + 999) / 1000)}
	for _, f := range lease.files {
		url := types.HttpNfcLeaseDeviceUrl{
			Key: f.key, ImportKey: f.key, Url: "https://" + host + "/nfc/" + id + "/" + f.name, SslThumbprint: thumbprint,
			Disk: types.NewBool(f.disk != nil), TargetId: f.name,
		}
		if f.disk != nil {
			info.TotalDiskCapacityInKB += f.disk.capacity / 1024
			if k.FileSize {
				url.FileSize = allocatedBytes(f.image)
			}
		}
		info.DeviceUrl = append(info.DeviceUrl, url)
	}
	lease.mu.Lock()
	if lease.ended {
		lease.mu.Unlock()
		return
	}
	lease.deadline = time.Now().Add(time.Duration(k.LeaseTimeoutMs) * time.Millisecond)
	lease.mu.Unlock()
	lease.set(types.PropertyChange{Name: "initializeProgress", Val: int32(100)}, types.PropertyChange{Name: "info", Val: info},
		types.PropertyChange{Name: "state", Val: types.HttpNfcLeaseStateReady})
	go lease.watch()
}

// watch ends a lease that gets no progress.
func (lease *labLease) watch() {
	for {
		lease.mu.Lock()
		ended, left := lease.ended, time.Until(lease.deadline)
		lease.mu.Unlock()
		if ended {
			return
		}
		if left <= 0 {
			lease.end(types.HttpNfcLeaseStateError, &types.Timedout{})
			return
		}
		time.Sleep(left)
	}
}

// end closes a lease once: its files go away, the machine is free, its state is told. The object itself stays a while, as
// a server keeps it, for those who ask how it ended.
func (lease *labLease) end(state types.HttpNfcLeaseState, why types.BaseMethodFault) {
	lease.mu.Lock()
	if lease.ended {
		lease.mu.Unlock()
		return
	}
	lease.ended = true
	lease.mu.Unlock()
	id := lease.Self.Value[len(lease.Self.Value)-36:]
	how := string(state)
	if _, timeout := why.(*types.Timedout); timeout {
		how = "timeout"
	}
	t := lease.table
	t.mu.Lock()
	delete(t.live, id)
	t.log = append(t.log, leaseEnd{Lease: lease.Self.Value, VM: lease.m.ref.Value, End: how})
	t.mu.Unlock()
	changes := []types.PropertyChange{{Name: "state", Val: state}}
	if why != nil {
		changes = append([]types.PropertyChange{{Name: "error", Val: types.LocalizedMethodFault{Fault: why, LocalizedMessage: faultMessage(why)}}}, changes...)
	}
	go func() {
		// Not under the locks of a call on the lease or the machine.
		lease.set(changes...)
		lease.lab.finishTask(lease.task, nil, why, "")
		lease.m.mu.Lock()
		if lease.m.lease == lease {
			lease.m.lease = nil
		}
		lease.m.mu.Unlock()
		for _, f := range lease.files {
			if f.disk != nil {
				_ = os.Remove(f.image)
				_ = os.Remove(f.image + ".vmdk")
			}
		}
		time.Sleep(3 * time.Second)
		simulator.Map.Remove(lease.Self)
	}()
}

// ExportVm serves the call of that name: the machine must be off.
func (v *LabMachine) ExportVm(ctx *simulator.Context, _ *types.ExportVm) soap.HasFault {
	m := v.m
	m.mu.Lock()
	defer m.mu.Unlock()
	refuse := func(f types.BaseMethodFault) soap.HasFault { return &methods.ExportVmBody{Fault_: fault(f)} }
	switch {
	case m.powerState() != off:
		return refuse(&types.InvalidPowerState{RequestedState: off, ExistingState: m.powerState()})
	case m.lease != nil:
		return refuse(&types.TaskInProgress{Task: m.lease.task.Self})
	case m.busy != nil:
		return refuse(&types.TaskInProgress{Task: *m.busy})
	case m.spec.Encrypted:
		return refuse(&types.InvalidState{})
	}
	lease, err := v.lab.leases.open(m, nil, ctx.Session.UserName)
	if err != nil {
		return refuse(&types.FileFault{File: err.Error()})
	}
	m.lease = lease
	return &methods.ExportVmBody{Res: &types.ExportVmResponse{Returnval: lease.Self}}
}

// ExportSnapshot serves the call of that name.
func (v *LabSnapshot) ExportSnapshot(ctx *simulator.Context, _ *types.ExportSnapshot) soap.HasFault {
	v.m.mu.Lock()
	defer v.m.mu.Unlock()
	if v.m.spec.Encrypted {
		return &methods.ExportSnapshotBody{Fault_: fault(&types.InvalidState{})}
	}
	lease, err := v.lab.leases.open(v.m, v.s, ctx.Session.UserName)
	if err != nil {
		return &methods.ExportSnapshotBody{Fault_: fault(&types.FileFault{File: err.Error()})}
	}
	return &methods.ExportSnapshotBody{Res: &types.ExportSnapshotResponse{Returnval: lease.Self}}
}

// HttpNfcLeaseProgress keeps the lease alive.
func (lease *labLease) HttpNfcLeaseProgress(_ *simulator.Context, req *types.HttpNfcLeaseProgress) soap.HasFault {
	lease.mu.Lock()
	defer lease.mu.Unlock()
	if lease.ended {
		return &methods.HttpNfcLeaseProgressBody{Fault_: fault(&types.Timedout{})}
	}
	lease.deadline = time.Now().Add(time.Duration(lease.lab.knobs.get().LeaseTimeoutMs) * time.Millisecond)
	lease.lab.counters.add("lease.progress", 1)
	// The call holds the object's lock already.
	simulator.Map.Update(lease, []types.PropertyChange{{Name: "transferProgress", Val: req.Percent}})
	return &methods.HttpNfcLeaseProgressBody{Res: &types.HttpNfcLeaseProgressResponse{}}
}

// HttpNfcLeaseComplete ends the lease in good order.
func (lease *labLease) HttpNfcLeaseComplete(_ *simulator.Context, _ *types.HttpNfcLeaseComplete) soap.HasFault {
	if lease.over() {
		return &methods.HttpNfcLeaseCompleteBody{Fault_: fault(&types.InvalidState{})}
	}
	lease.end(types.HttpNfcLeaseStateDone, nil)
	return &methods.HttpNfcLeaseCompleteBody{Res: &types.HttpNfcLeaseCompleteResponse{}}
}

// HttpNfcLeaseAbort ends the lease without a result.
func (lease *labLease) HttpNfcLeaseAbort(_ *simulator.Context, req *types.HttpNfcLeaseAbort) soap.HasFault {
	if lease.over() {
		return &methods.HttpNfcLeaseAbortBody{Fault_: fault(&types.InvalidState{})}
	}
	why := types.BaseMethodFault(&types.RequestCanceled{})
	if req.Fault != nil && req.Fault.Fault != nil {
		why = req.Fault.Fault
	}
	lease.end(types.HttpNfcLeaseStateError, why)
	return &methods.HttpNfcLeaseAbortBody{Res: &types.HttpNfcLeaseAbortResponse{}}
}

func (lease *labLease) over() bool {
	lease.mu.Lock()
	defer lease.mu.Unlock()
	return lease.ended
}

// HttpNfcLeaseGetManifest tells the checksums of what was sent.
func (lease *labLease) HttpNfcLeaseGetManifest(_ *simulator.Context, _ *types.HttpNfcLeaseGetManifest) soap.HasFault {
	kind := lease.lab.knobs.get().Manifest
	if kind == "none" {
		return &methods.HttpNfcLeaseGetManifestBody{Fault_: fault(&types.NotSupported{})}
	}
	res := &types.HttpNfcLeaseGetManifestResponse{}
	lease.mu.Lock()
	defer lease.mu.Unlock()
	for _, f := range lease.files {
		if f.sha1 == "" {
			continue
		}
		entry := types.HttpNfcLeaseManifestEntry{Key: f.key, Sha1: f.sha1, Size: f.sent, Disk: f.disk != nil}
		if f.disk != nil {
			entry.Capacity, entry.PopulatedSize = f.disk.capacity, f.populated
		}
		switch kind {
		case "sha256":
			entry.Checksum, entry.ChecksumType = f.sha256, "sha256"
		case "wrong":
			entry.Sha1 = "0000000000000000000000000000000000000000"
			entry.Checksum, entry.ChecksumType = "00"+f.sha256[2:], "sha256"
		}
		res.Returnval = append(res.Returnval, entry)
	}
	return &methods.HttpNfcLeaseGetManifestBody{Res: res}
}

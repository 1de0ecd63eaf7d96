package main

import (
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/types"
)

// snapshot is a point in time of a machine's disks. Callers hold the machine's lock.
type snapshot struct {
	ref         types.ManagedObjectReference
	id          int32
	name        string
	description string
	createdAt   time.Time
	state       types.VirtualMachinePowerState
	quiesced    bool
	parent      *snapshot
	layers      map[int32]*layer // by disk key: the frozen top
	changeIDs   map[int32]string
	written     map[int32][]uint32
}

func (m *machine) snapshotsInOrder() []*snapshot {
	out := make([]*snapshot, 0, len(m.snapshots))
	for _, s := range m.snapshots {
		out = append(out, s)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].id < out[j].id })
	return out
}

// takeSnapshot freezes the disks: from now on the guest writes to new layers.
func (l *lab) takeSnapshot(m *machine, name, description string, quiesce bool) (*snapshot, error) {
	m.nextSnap++
	s := &snapshot{
		ref: types.ManagedObjectReference{Type: "VirtualMachineSnapshot", Value: fmt.Sprintf("snapshot-%d", 9000+l.nextID())},
		id:  m.nextSnap, name: name, description: description, createdAt: now(), state: m.powerState(), quiesced: quiesce, parent: m.current,
		layers: map[int32]*layer{}, changeIDs: map[int32]string{}, written: map[int32][]uint32{},
	}
	format := l.knobs.get().DeltaFormat
	for _, d := range m.disks {
		if !d.inSnapshots() {
			continue
		}
		if err := m.ensure(d); err != nil {
			return nil, err
		}
		// A host writes a disk's new CID when it closes the file; the layer above refers to it.
		if err := m.writeDescriptor(d, d.top); err != nil {
			return nil, err
		}
		s.layers[d.key] = d.top
		s.changeIDs[d.key] = d.changeID()
		s.written[d.key] = append([]uint32(nil), d.written...)
		next, err := m.grow(l, d, d.top, format)
		if err != nil {
			return nil, err
		}
		d.top = next
		d.epoch++
	}
	m.nextDelta++
	m.snapshots[s.ref.Value] = s
	m.current = s
	l.putSnapshotObject(m, s)
	return s, nil
}

// grow puts an empty layer over another one.
func (m *machine) grow(l *lab, d *disk, below *layer, format string) (*layer, error) {
	next := &layer{
		file:  fmt.Sprintf("%s-%06d.vmdk", d.base, m.nextDelta),
		image: filepath.Join(l.truthDir, fmt.Sprintf("%s-%d-%d.raw", m.ref.Value, d.key, l.nextID())), parent: below, format: format,
		contentID: below.contentID,
	}
	if err := copySparse(below.image, next.image); err != nil {
		return nil, err
	}
	return next, m.writeDescriptor(d, next)
}

// removeSnapshot forgets a snapshot and merges the layer above it down.
func (l *lab) removeSnapshot(m *machine, s *snapshot, children bool) error {
	for _, other := range m.snapshotsInOrder() {
		if other.parent != s {
			continue
		}
		if children {
			if err := l.removeSnapshot(m, other, true); err != nil {
				return err
			}
		} else {
			other.parent = s.parent
		}
	}
	if m.current == s {
		m.current = s.parent
	}
	delete(m.snapshots, s.ref.Value)
	l.dropSnapshotObject(s.ref.Value)
	for _, d := range m.disks {
		if frozen, ok := s.layers[d.key]; ok {
			if err := m.mergeInto(d, frozen); err != nil {
				return err
			}
		}
	}
	return nil
}

// mergeInto takes the one layer above a frozen one down into it. With several above, or a snapshot that still holds the
// frozen one, nothing is merged.
func (m *machine) mergeInto(d *disk, frozen *layer) error {
	above := map[*layer]bool{}
	look := func(ly *layer) {
		for ; ly != nil; ly = ly.parent {
			if ly.parent == frozen {
				above[ly] = true
			}
		}
	}
	look(d.top)
	for _, s := range m.snapshots {
		if s.layers[d.key] == frozen {
			return nil
		}
		look(s.layers[d.key])
	}
	if len(above) != 1 {
		return nil
	}
	var upper *layer
	for ly := range above {
		upper = ly
	}
	if err := moveImage(upper.image, frozen.image); err != nil {
		return err
	}
	_ = os.Remove(filepath.Join(d.store.dir, m.dir, upper.file))
	frozen.contentID = upper.contentID
	frozen.version += upper.version + 1
	if d.top == upper {
		d.top = frozen
	}
	relink := func(ly *layer) {
		for ; ly != nil; ly = ly.parent {
			if ly.parent == upper {
				ly.parent = frozen
			}
		}
	}
	relink(d.top)
	for _, s := range m.snapshots {
		if s.layers[d.key] == upper {
			s.layers[d.key] = frozen
		}
		relink(s.layers[d.key])
	}
	return m.writeDescriptor(d, frozen)
}

// moveImage replaces a file; who has the old one open keeps reading it.
func moveImage(from, to string) error {
	if err := os.Rename(from, to); err == nil {
		return nil
	}
	if err := copySparse(from, to+".new"); err != nil {
		return err
	}
	if err := os.Rename(to+".new", to); err != nil {
		return err
	}
	return os.Remove(from)
}

// revert throws away what was written since the snapshot. The tracking starts anew: older change ids are worth nothing.
func (l *lab) revert(m *machine, s *snapshot) error {
	m.nextDelta++
	for _, d := range m.disks {
		frozen, ok := s.layers[d.key]
		if !ok {
			continue
		}
		old := d.top
		next, err := m.grow(l, d, frozen, l.knobs.get().DeltaFormat)
		if err != nil {
			return err
		}
		d.top = next
		if !m.holds(d, old) {
			_ = os.Remove(old.image)
			_ = os.Remove(filepath.Join(d.store.dir, m.dir, old.file))
		}
		d.written = append([]uint32(nil), s.written[d.key]...)
		if len(d.written) == 0 {
			d.written = nil
		}
		d.epoch++
		if d.cbt != "" {
			d.cbt = newChangeUUID(m, d)
		}
	}
	m.current = s
	return nil
}

// holds tells whether a snapshot's chain has the layer.
func (m *machine) holds(d *disk, wanted *layer) bool {
	for _, s := range m.snapshots {
		for ly := s.layers[d.key]; ly != nil; ly = ly.parent {
			if ly == wanted {
				return true
			}
		}
	}
	return false
}

// putSnapshotObject registers what clients read of a snapshot: the configuration with the frozen disks and change ids.
func (l *lab) putSnapshotObject(m *machine, s *snapshot) {
	object := &simulator.VirtualMachineSnapshot{}
	object.Self = s.ref
	object.Vm = m.ref
	vm := m.vm()
	simulator.Map.WithLock(vm, func() { object.Config = *vm.Config })
	var devices []types.BaseVirtualDevice
	for _, device := range object.Config.Hardware.Device {
		if _, isDisk := device.(*types.VirtualDisk); !isDisk {
			devices = append(devices, device)
		}
	}
	object.Config.Hardware.Device = append(devices, m.diskDevices(s)...)
	simulator.Map.Put(object)
	simulator.Map.Put(&LabSnapshot{ref: companionRef("VirtualMachineSnapshot", s.ref), lab: l, m: m, s: s})
}

func (l *lab) dropSnapshotObject(value string) {
	ref := types.ManagedObjectReference{Type: "VirtualMachineSnapshot", Value: value}
	simulator.Map.Remove(ref)
	simulator.Map.Remove(companionRef("VirtualMachineSnapshot", ref))
}

// refresh tells the simulator's object what changed in disks and snapshots.
func (l *lab) refresh(m *machine) {
	vm := m.vm()
	if vm == nil {
		return
	}
	var devices []types.BaseVirtualDevice
	simulator.Map.WithLock(vm, func() {
		for _, device := range vm.Config.Hardware.Device {
			if _, isDisk := device.(*types.VirtualDisk); !isDisk {
				devices = append(devices, device)
			}
		}
	})
	devices = append(devices, m.diskDevices(nil)...)
	layout := m.layout()
	storage := m.storage(layout)
	changes := []types.PropertyChange{
		{Name: "config.hardware.device", Val: devices},
		{Name: "layoutEx", Val: *layout},
		{Name: "storage", Val: *storage},
		{Name: "summary.storage", Val: *storageSummary(storage)},
	}
	if tree := m.tree(nil); len(tree) == 0 {
		changes = append(changes, types.PropertyChange{Name: "snapshot", Val: nil})
	} else {
		info := types.VirtualMachineSnapshotInfo{RootSnapshotList: tree}
		if m.current != nil {
			ref := m.current.ref
			info.CurrentSnapshot = &ref
		}
		changes = append(changes, types.PropertyChange{Name: "snapshot", Val: info})
	}
	m.update(changes...)
}

func (m *machine) tree(parent *snapshot) []types.VirtualMachineSnapshotTree {
	var out []types.VirtualMachineSnapshotTree
	for _, s := range m.snapshotsInOrder() {
		if s.parent != parent {
			continue
		}
		out = append(out, types.VirtualMachineSnapshotTree{
			Snapshot: s.ref, Vm: m.ref, Name: s.name, Description: s.description, Id: s.id, CreateTime: s.createdAt, State: s.state,
			Quiesced: s.quiesced, ReplaySupported: types.NewBool(false), ChildSnapshotList: m.tree(s),
		})
	}
	return out
}

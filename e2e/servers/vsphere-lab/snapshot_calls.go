package main

import (
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

func (v *LabMachine) snapshotTask(ctx *simulator.Context, method, name, description string, quiesce bool) (*types.ManagedObjectReference, *soap.Fault) {
	m := v.m
	return v.lab.begin(ctx, m, method, true, nil, func() (types.AnyType, types.BaseMethodFault) {
		for _, d := range m.disks {
			if m.powerState() == on && d.spec.Kind == "rdmPhysical" && d.spec.Mode == "persistent" {
				// A disk that is a LUN cannot be in a snapshot of a running machine.
				return nil, &types.SnapshotFault{}
			}
		}
		quiesced := quiesce && m.powerState() == on
		if quiesced && !m.spec.Tools {
			return nil, &types.ApplicationQuiesceFault{}
		}
		s, err := v.lab.takeSnapshot(m, name, description, quiesced)
		if err != nil {
			return nil, &types.FileFault{File: err.Error()}
		}
		v.lab.refresh(m)
		return s.ref, nil
	})
}

// CreateSnapshotTask serves CreateSnapshot_Task.
func (v *LabMachine) CreateSnapshotTask(ctx *simulator.Context, req *types.CreateSnapshot_Task) soap.HasFault {
	ref, f := v.snapshotTask(ctx, "CreateSnapshot_Task", req.Name, req.Description, req.Quiesce)
	if f != nil {
		return &methods.CreateSnapshot_TaskBody{Fault_: f}
	}
	return &methods.CreateSnapshot_TaskBody{Res: &types.CreateSnapshot_TaskResponse{Returnval: *ref}}
}

// CreateSnapshotExTask serves CreateSnapshotEx_Task.
func (v *LabMachine) CreateSnapshotExTask(ctx *simulator.Context, req *types.CreateSnapshotEx_Task) soap.HasFault {
	ref, f := v.snapshotTask(ctx, "CreateSnapshotEx_Task", req.Name, req.Description, req.QuiesceSpec != nil)
	if f != nil {
		return &methods.CreateSnapshotEx_TaskBody{Fault_: f}
	}
	return &methods.CreateSnapshotEx_TaskBody{Res: &types.CreateSnapshotEx_TaskResponse{Returnval: *ref}}
}

// RemoveAllSnapshotsTask serves RemoveAllSnapshots_Task.
func (v *LabMachine) RemoveAllSnapshotsTask(ctx *simulator.Context, _ *types.RemoveAllSnapshots_Task) soap.HasFault {
	m := v.m
	ref, f := v.lab.begin(ctx, m, "RemoveAllSnapshots_Task", true, v.notExported, func() (types.AnyType, types.BaseMethodFault) {
		// From the leaves down, so that each merge finds one layer above.
		for snapshots := m.snapshotsInOrder(); len(snapshots) > 0; snapshots = m.snapshotsInOrder() {
			if err := v.lab.removeSnapshot(m, snapshots[len(snapshots)-1], false); err != nil {
				return nil, &types.FileFault{File: err.Error()}
			}
		}
		v.lab.refresh(m)
		return nil, nil
	})
	if f != nil {
		return &methods.RemoveAllSnapshots_TaskBody{Fault_: f}
	}
	return &methods.RemoveAllSnapshots_TaskBody{Res: &types.RemoveAllSnapshots_TaskResponse{Returnval: *ref}}
}

// notExported refuses while a lease of one of the machine's snapshots lives.
func (v *LabMachine) notExported() types.BaseMethodFault {
	if lease := v.lab.leases.ofSnapshots(v.m, nil); lease != nil {
		return &types.TaskInProgress{Task: lease.task.Self}
	}
	return nil
}

// RevertToCurrentSnapshotTask serves RevertToCurrentSnapshot_Task.
func (v *LabMachine) RevertToCurrentSnapshotTask(ctx *simulator.Context, _ *types.RevertToCurrentSnapshot_Task) soap.HasFault {
	m := v.m
	ref, f := v.lab.begin(ctx, m, "RevertToCurrentSnapshot_Task", true, func() types.BaseMethodFault {
		if m.current == nil {
			return &types.NotFound{}
		}
		return nil
	}, func() (types.AnyType, types.BaseMethodFault) { return nil, v.lab.revertNow(m, m.current) })
	if f != nil {
		return &methods.RevertToCurrentSnapshot_TaskBody{Fault_: f}
	}
	return &methods.RevertToCurrentSnapshot_TaskBody{Res: &types.RevertToCurrentSnapshot_TaskResponse{Returnval: *ref}}
}

// revertNow reverts; a machine whose snapshot has no memory is off afterwards.
func (l *lab) revertNow(m *machine, s *snapshot) types.BaseMethodFault {
	if err := l.revert(m, s); err != nil {
		return &types.FileFault{File: err.Error()}
	}
	if m.powerState() != off {
		_ = l.power("", m, off)
	}
	l.refresh(m)
	return nil
}

// ConsolidateVMDisksTask serves ConsolidateVMDisks_Task; the lab never leaves a chain that needs it.
func (v *LabMachine) ConsolidateVMDisksTask(ctx *simulator.Context, _ *types.ConsolidateVMDisks_Task) soap.HasFault {
	ref, f := v.lab.begin(ctx, v.m, "ConsolidateVMDisks_Task", true, nil, func() (types.AnyType, types.BaseMethodFault) { return nil, nil })
	if f != nil {
		return &methods.ConsolidateVMDisks_TaskBody{Fault_: f}
	}
	return &methods.ConsolidateVMDisks_TaskBody{Res: &types.ConsolidateVMDisks_TaskResponse{Returnval: *ref}}
}

// RemoveSnapshotTask serves RemoveSnapshot_Task.
func (v *LabSnapshot) RemoveSnapshotTask(ctx *simulator.Context, req *types.RemoveSnapshot_Task) soap.HasFault {
	m := v.m
	ref, f := v.lab.begin(ctx, m, "RemoveSnapshot_Task", true, func() types.BaseMethodFault {
		if lease := v.lab.leases.ofSnapshots(m, v.s); lease != nil {
			return &types.TaskInProgress{Task: lease.task.Self}
		}
		return nil
	}, func() (types.AnyType, types.BaseMethodFault) {
		if err := v.lab.removeSnapshot(m, v.s, req.RemoveChildren); err != nil {
			return nil, &types.FileFault{File: err.Error()}
		}
		v.lab.refresh(m)
		return nil, nil
	})
	if f != nil {
		return &methods.RemoveSnapshot_TaskBody{Fault_: f}
	}
	return &methods.RemoveSnapshot_TaskBody{Res: &types.RemoveSnapshot_TaskResponse{Returnval: *ref}}
}

// RevertToSnapshotTask serves RevertToSnapshot_Task.
func (v *LabSnapshot) RevertToSnapshotTask(ctx *simulator.Context, _ *types.RevertToSnapshot_Task) soap.HasFault {
	ref, f := v.lab.begin(ctx, v.m, "RevertToSnapshot_Task", true, nil, func() (types.AnyType, types.BaseMethodFault) {
		return nil, v.lab.revertNow(v.m, v.s)
	})
	if f != nil {
		return &methods.RevertToSnapshot_TaskBody{Fault_: f}
	}
	return &methods.RevertToSnapshot_TaskBody{Res: &types.RevertToSnapshot_TaskResponse{Returnval: *ref}}
}

// RenameSnapshot serves the call of that name.
func (v *LabSnapshot) RenameSnapshot(_ *simulator.Context, req *types.RenameSnapshot) soap.HasFault {
	v.m.mu.Lock()
	defer v.m.mu.Unlock()
	if req.Name != "" {
		v.s.name = req.Name
	}
	if req.Description != "" {
		v.s.description = req.Description
	}
	v.lab.refresh(v.m)
	return &methods.RenameSnapshotBody{Res: &types.RenameSnapshotResponse{}}
}

// QueryChangedDiskAreas serves the call of that name.
func (v *LabMachine) QueryChangedDiskAreas(_ *simulator.Context, req *types.QueryChangedDiskAreas) soap.HasFault {
	v.m.mu.Lock()
	defer v.m.mu.Unlock()
	info, f := v.changedAreas(req)
	if f != nil {
		return &methods.QueryChangedDiskAreasBody{Fault_: fault(f)}
	}
	return &methods.QueryChangedDiskAreasBody{Res: &types.QueryChangedDiskAreasResponse{Returnval: *info}}
}

func (v *LabMachine) changedAreas(req *types.QueryChangedDiskAreas) (*types.DiskChangeInfo, types.BaseMethodFault) {
	invalid := func(what string) types.BaseMethodFault { return &types.InvalidArgument{InvalidProperty: what} }
	if req.Snapshot == nil {
		return nil, invalid("snapshot")
	}
	s, ok := v.m.snapshots[req.Snapshot.Value]
	if !ok {
		return nil, &types.ManagedObjectNotFound{Obj: *req.Snapshot}
	}
	d := v.m.diskByKey(req.DeviceKey)
	if d == nil || s.layers[req.DeviceKey] == nil {
		return nil, invalid("deviceKey")
	}
	if req.StartOffset < 0 || req.StartOffset >= d.capacity {
		return nil, invalid("startOffset")
	}
	if s.changeIDs[d.key] == "" {
		// Tracking was off when the snapshot was taken.
		return nil, &types.FileFault{File: v.m.datastorePath(d, d.top.file)}
	}
	k := v.lab.knobs.get()
	if req.ChangeId == "*" && k.ChangedAreas == "fails" {
		return nil, &types.FileFault{File: v.m.datastorePath(d, d.top.file)}
	}
	spans, known, err := d.changedSpans(s, req.ChangeId)
	if err != nil {
		return nil, &types.FileFault{File: err.Error()}
	}
	if !known {
		return nil, invalid("changeId")
	}
	if req.ChangeId == "*" && k.ChangedAreas == "whole" {
		spans = []span{{0, d.capacity}}
	}
	info := changeInfo(spans, req.StartOffset, d.capacity, k.MaxChangedAreas)
	return &info, nil
}

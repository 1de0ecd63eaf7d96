package main

import (
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// ReconfigVMTask changes what exporters change: changed block tracking, notes, name, extra options. Devices stay.
func (v *LabMachine) ReconfigVMTask(ctx *simulator.Context, req *types.ReconfigVM_Task) soap.HasFault {
	spec, m, user := req.Spec, v.m, ctx.Session.UserName
	if spec.ChangeTrackingEnabled != nil && v.lab.accounts.lacks(user, "VirtualMachine.Config.ChangeTracking") {
		return &methods.ReconfigVM_TaskBody{Fault_: simulator.Fault("Permission to perform this operation was denied.",
			&types.NoPermission{Object: m.ref, PrivilegeId: "VirtualMachine.Config.ChangeTracking"})}
	}
	ref, f := v.lab.begin(ctx, m, "ReconfigVM_Task", true, func() types.BaseMethodFault {
		if len(spec.DeviceChange) > 0 {
			return &types.NotSupported{}
		}
		return nil
	}, func() (types.AnyType, types.BaseMethodFault) {
		if on := spec.ChangeTrackingEnabled; on != nil {
			if f := v.track(*on); f != nil {
				return nil, f
			}
		}
		var changes []types.PropertyChange
		if spec.Annotation != "" {
			changes = append(changes, types.PropertyChange{Name: "config.annotation", Val: spec.Annotation},
				types.PropertyChange{Name: "summary.config.annotation", Val: spec.Annotation})
		}
		if spec.Name != "" {
			changes = append(changes, v.lab.renamed(m, spec.Name)...)
		}
		if len(spec.ExtraConfig) > 0 {
			vm := m.vm()
			changes = append(changes, types.PropertyChange{Name: "config.extraConfig", Val: append(append([]types.BaseOptionValue(nil), vm.Config.ExtraConfig...), spec.ExtraConfig...)})
		}
		changes = append(changes, types.PropertyChange{Name: "config.modified", Val: now()})
		m.update(changes...)
		v.lab.postEvent(user, &types.VmReconfiguredEvent{VmEvent: v.lab.vmEvent(m), ConfigSpec: spec})
		return nil, nil
	})
	if f != nil {
		return &methods.ReconfigVM_TaskBody{Fault_: f}
	}
	return &methods.ReconfigVM_TaskBody{Res: &types.ReconfigVM_TaskResponse{Returnval: *ref}}
}

// track switches changed block tracking. It needs hardware version 7, and no snapshots when it is switched on.
func (v *LabMachine) track(enable bool) types.BaseMethodFault {
	m := v.m
	if enable && len(m.snapshots) > 0 {
		return &types.InvalidState{}
	}
	for _, d := range m.disks {
		switch {
		case !enable:
			d.cbt = ""
		case d.cbt == "" && d.inSnapshots():
			d.cbt = newChangeUUID(m, d)
		}
	}
	m.spec.Cbt = enable
	m.update(types.PropertyChange{Name: "config.changeTrackingEnabled", Val: enable})
	return nil
}

func (l *lab) renamed(m *machine, name string) []types.PropertyChange {
	l.mu.Lock()
	m.name = name
	l.mu.Unlock()
	return []types.PropertyChange{{Name: "name", Val: name}, {Name: "config.name", Val: name}, {Name: "summary.config.name", Val: name}}
}

// RenameTask serves Rename_Task.
func (v *LabMachine) RenameTask(ctx *simulator.Context, req *types.Rename_Task) soap.HasFault {
	ref, f := v.lab.begin(ctx, v.m, "Rename_Task", true, nil, func() (types.AnyType, types.BaseMethodFault) {
		v.m.update(v.lab.renamed(v.m, req.NewName)...)
		return nil, nil
	})
	if f != nil {
		return &methods.Rename_TaskBody{Fault_: f}
	}
	return &methods.Rename_TaskBody{Res: &types.Rename_TaskResponse{Returnval: *ref}}
}

// DestroyTask deletes the machine with its files; it must be off.
func (v *LabMachine) DestroyTask(ctx *simulator.Context, _ *types.Destroy_Task) soap.HasFault {
	m := v.m
	ref, f := v.lab.begin(ctx, m, "Destroy_Task", true, nil, func() (types.AnyType, types.BaseMethodFault) {
		if state := m.powerState(); state != off {
			return nil, &types.InvalidPowerState{RequestedState: off, ExistingState: state}
		}
		go v.lab.removeMachine(m)
		return nil, nil
	})
	if f != nil {
		return &methods.Destroy_TaskBody{Fault_: f}
	}
	return &methods.Destroy_TaskBody{Res: &types.Destroy_TaskResponse{Returnval: *ref}}
}

// RefreshStorageInfo serves the call of that name.
func (v *LabMachine) RefreshStorageInfo(_ *simulator.Context, _ *types.RefreshStorageInfo) soap.HasFault {
	v.m.mu.Lock()
	defer v.m.mu.Unlock()
	v.lab.refresh(v.m)
	return &methods.RefreshStorageInfoBody{Res: &types.RefreshStorageInfoResponse{}}
}

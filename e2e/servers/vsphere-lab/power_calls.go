package main

import (
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

const (
	on        = types.VirtualMachinePowerStatePoweredOn
	off       = types.VirtualMachinePowerStatePoweredOff
	suspended = types.VirtualMachinePowerStateSuspended
)

// power brings the machine into a state; the caller holds its lock.
func (l *lab) power(user string, m *machine, to types.VirtualMachinePowerState) types.BaseMethodFault {
	if from := m.powerState(); from == to || (to == suspended && from == off) {
		return &types.InvalidPowerState{RequestedState: to, ExistingState: from}
	}
	vm := m.vm()
	simulator.Map.WithLock(vm, func() { setGuest(vm, m.spec, to == on) })
	changes := []types.PropertyChange{
		{Name: "runtime.powerState", Val: to},
		{Name: "summary.runtime.powerState", Val: to},
		{Name: "guest", Val: *vm.Guest},
		{Name: "summary.guest.toolsStatus", Val: vm.Guest.ToolsStatus},
		{Name: "summary.guest.toolsRunningStatus", Val: vm.Guest.ToolsRunningStatus},
	}
	event := l.vmEvent(m)
	if to == on {
		changes = append(changes, types.PropertyChange{Name: "runtime.bootTime", Val: now()},
			types.PropertyChange{Name: "summary.runtime.bootTime", Val: now()})
		l.postEvent(user, &types.VmPoweredOnEvent{VmEvent: event})
	} else if to == off {
		changes = append(changes, types.PropertyChange{Name: "runtime.bootTime", Val: nil})
		l.postEvent(user, &types.VmPoweredOffEvent{VmEvent: event})
	} else {
		l.postEvent(user, &types.VmSuspendedEvent{VmEvent: event})
	}
	m.update(changes...)
	return nil
}

func (v *LabMachine) powerTask(ctx *simulator.Context, method string, to types.VirtualMachinePowerState) (*types.ManagedObjectReference, *soap.Fault) {
	user := ctx.Session.UserName
	return v.lab.begin(ctx, v.m, method, true, func() types.BaseMethodFault {
		if v.m.spec.Template && to == on {
			return &types.NotSupported{}
		}
		return nil
	}, func() (types.AnyType, types.BaseMethodFault) { return nil, v.lab.power(user, v.m, to) })
}

// PowerOnVMTask serves PowerOnVM_Task.
func (v *LabMachine) PowerOnVMTask(ctx *simulator.Context, _ *types.PowerOnVM_Task) soap.HasFault {
	ref, f := v.powerTask(ctx, "PowerOnVM_Task", on)
	if f != nil {
		return &methods.PowerOnVM_TaskBody{Fault_: f}
	}
	return &methods.PowerOnVM_TaskBody{Res: &types.PowerOnVM_TaskResponse{Returnval: *ref}}
}

// PowerOffVMTask serves PowerOffVM_Task.
func (v *LabMachine) PowerOffVMTask(ctx *simulator.Context, _ *types.PowerOffVM_Task) soap.HasFault {
	ref, f := v.powerTask(ctx, "PowerOffVM_Task", off)
	if f != nil {
		return &methods.PowerOffVM_TaskBody{Fault_: f}
	}
	return &methods.PowerOffVM_TaskBody{Res: &types.PowerOffVM_TaskResponse{Returnval: *ref}}
}

// SuspendVMTask serves SuspendVM_Task.
func (v *LabMachine) SuspendVMTask(ctx *simulator.Context, _ *types.SuspendVM_Task) soap.HasFault {
	ref, f := v.powerTask(ctx, "SuspendVM_Task", suspended)
	if f != nil {
		return &methods.SuspendVM_TaskBody{Fault_: f}
	}
	return &methods.SuspendVM_TaskBody{Res: &types.SuspendVM_TaskResponse{Returnval: *ref}}
}

// ResetVMTask serves ResetVM_Task.
func (v *LabMachine) ResetVMTask(ctx *simulator.Context, _ *types.ResetVM_Task) soap.HasFault {
	ref, f := v.lab.begin(ctx, v.m, "ResetVM_Task", true, nil, func() (types.AnyType, types.BaseMethodFault) {
		if state := v.m.powerState(); state != on {
			return nil, &types.InvalidPowerState{RequestedState: on, ExistingState: state}
		}
		v.m.update(types.PropertyChange{Name: "runtime.bootTime", Val: now()})
		return nil, nil
	})
	if f != nil {
		return &methods.ResetVM_TaskBody{Fault_: f}
	}
	return &methods.ResetVM_TaskBody{Res: &types.ResetVM_TaskResponse{Returnval: *ref}}
}

// guestMay tells why a call to the guest cannot be passed on; nil when it can.
func (v *LabMachine) guestMay() *soap.Fault {
	if state := v.m.powerState(); state != on {
		return fault(&types.InvalidPowerState{RequestedState: on, ExistingState: state})
	}
	if !v.m.spec.Tools {
		return fault(&types.ToolsUnavailable{})
	}
	return nil
}

// ShutdownGuest asks the guest, which goes off a while later.
func (v *LabMachine) ShutdownGuest(ctx *simulator.Context, _ *types.ShutdownGuest) soap.HasFault {
	if f := v.guestMay(); f != nil {
		return &methods.ShutdownGuestBody{Fault_: f}
	}
	user := ctx.Session.UserName
	v.lab.postEvent(user, &types.VmGuestShutdownEvent{VmEvent: v.lab.vmEvent(v.m)})
	time.AfterFunc(time.Duration(v.lab.knobs.get().ShutdownMs)*time.Millisecond, func() {
		v.m.mu.Lock()
		defer v.m.mu.Unlock()
		if !v.m.gone {
			_ = v.lab.power(user, v.m, off)
		}
	})
	return &methods.ShutdownGuestBody{Res: &types.ShutdownGuestResponse{}}
}

// RebootGuest asks the guest to start anew.
func (v *LabMachine) RebootGuest(ctx *simulator.Context, _ *types.RebootGuest) soap.HasFault {
	if f := v.guestMay(); f != nil {
		return &methods.RebootGuestBody{Fault_: f}
	}
	v.lab.postEvent(ctx.Session.UserName, &types.VmGuestRebootEvent{VmEvent: v.lab.vmEvent(v.m)})
	return &methods.RebootGuestBody{Res: &types.RebootGuestResponse{}}
}

package main

import (
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// theLab is for objects that the simulator makes by reflection (per-session property collectors).
var theLab *lab

// companionRef is the reference under which the lab's object for a simulator's object is registered.
func companionRef(kind string, ref types.ManagedObjectReference) types.ManagedObjectReference {
	return types.ManagedObjectReference{Type: companions[kind], Value: ref.Value}
}

// LabMachine serves the calls of a VirtualMachine that the lab owns. The simulator finds its methods by name.
type LabMachine struct {
	ref types.ManagedObjectReference
	lab *lab
	m   *machine
}

// Reference makes it an object of the simulator's registry.
func (v *LabMachine) Reference() types.ManagedObjectReference { return v.ref }

// LabSnapshot serves the calls of a VirtualMachineSnapshot.
type LabSnapshot struct {
	ref types.ManagedObjectReference
	lab *lab
	m   *machine
	s   *snapshot
}

// Reference makes it an object of the simulator's registry.
func (v *LabSnapshot) Reference() types.ManagedObjectReference { return v.ref }

// fault is a SOAP fault with the text a server gives.
func fault(f types.BaseMethodFault) *soap.Fault { return simulator.Fault(faultMessage(f), f) }

// begin refuses what a leased or busy machine refuses, else starts a task. Only one task works on a machine at a time.
func (l *lab) begin(ctx *simulator.Context, m *machine, method string, blockedByLease bool, check func() types.BaseMethodFault,
	work func() (types.AnyType, types.BaseMethodFault)) (*types.ManagedObjectReference, *soap.Fault) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.gone {
		return nil, fault(&types.ManagedObjectNotFound{Obj: m.ref})
	}
	if blockedByLease && m.lease != nil {
		return nil, fault(&types.TaskInProgress{Task: m.lease.task.Self})
	}
	if m.busy != nil {
		return nil, fault(&types.TaskInProgress{Task: *m.busy})
	}
	if check != nil {
		if f := check(); f != nil {
			return nil, fault(f)
		}
	}
	ref := l.startTask(ctx.Session.UserName, m, method, work)
	m.busy = &ref
	return &ref, nil
}

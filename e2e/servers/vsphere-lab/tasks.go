package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// labTask is a task that runs beside the call that made it.
type labTask struct {
	mo.Task
	cancel chan struct{}
}

// CancelTask stops a task that has not begun its work.
func (t *labTask) CancelTask(req *types.CancelTask) soap.HasFault {
	body := &methods.CancelTaskBody{}
	if !t.Info.Cancelable || t.Info.State == types.TaskInfoStateSuccess || t.Info.State == types.TaskInfoStateError {
		body.Fault_ = simulator.Fault("The task cannot be canceled.", &types.NotSupported{})
		return body
	}
	select {
	case t.cancel <- struct{}{}:
	default:
	}
	body.Res = &types.CancelTaskResponse{}
	return body
}

func (t *labTask) set(changes ...types.PropertyChange) {
	simulator.Map.WithLock(t, func() { simulator.Map.Update(t, changes) })
}

// newTask registers a task for a machine.
func (l *lab) newTask(user string, m *machine, method string) *labTask {
	id := strings.TrimSuffix(method, "_Task")
	t := &labTask{cancel: make(chan struct{}, 1)}
	t.Self = types.ManagedObjectReference{Type: "Task", Value: fmt.Sprintf("task-%d", l.nextID())}
	entity := m.ref
	t.Info = types.TaskInfo{
		Key: t.Self.Value, Task: t.Self, Name: method, DescriptionId: "VirtualMachine." + strings.ToLower(id[:1]) + id[1:], Entity: &entity,
		EntityName: m.name, State: types.TaskInfoStateQueued, Cancelable: true, Reason: &types.TaskReasonUser{UserName: user}, QueueTime: now(),
	}
	simulator.Map.Put(t)
	return t
}

// startTask makes a task and does the work in its own goroutine. Only one task of a machine works at a time; a second one
// is refused as a host refuses it (TaskInProgress), by the caller.
func (l *lab) startTask(user string, m *machine, method string, work func() (types.AnyType, types.BaseMethodFault)) types.ManagedObjectReference {
	t := l.newTask(user, m, method)
	go l.runTask(user, t, m, method, work)
	return t.Self
}

func (l *lab) runTask(user string, t *labTask, m *machine, method string, work func() (types.AnyType, types.BaseMethodFault)) {
	t.set(types.PropertyChange{Name: "info.startTime", Val: now()}, types.PropertyChange{Name: "info.state", Val: types.TaskInfoStateRunning})
	var fault types.BaseMethodFault
	message := ""
	const steps = 4
	pause := time.Duration(l.knobs.get().TaskMs) * time.Millisecond / steps
	for i := 1; i <= steps && fault == nil; i++ {
		select {
		case <-t.cancel:
			fault = &types.RequestCanceled{}
			t.set(types.PropertyChange{Name: "info.cancelled", Val: true})
		case <-time.After(pause):
			t.set(types.PropertyChange{Name: "info.progress", Val: int32(i * 90 / steps)})
		}
	}
	act := l.rules.take("task", method, m.ref.Value, false)
	if act != nil {
		time.Sleep(time.Duration(act.DelayMs) * time.Millisecond)
		if act.Vanish {
			l.removeMachine(m)
		}
		if act.Fault != "" {
			fault, message = faultNamed(act.Fault, act.Detail), act.Message
		}
	}
	var result types.AnyType
	if fault == nil {
		result, fault = l.workOn(m, work)
	}
	m.mu.Lock()
	if m.busy != nil && *m.busy == t.Self {
		m.busy = nil
	}
	m.mu.Unlock()
	l.finishTask(t, result, fault, message)
	l.postEvent(user, &types.TaskEvent{Event: l.vmEvent(m).Event, Info: t.Info})
}

func (l *lab) workOn(m *machine, work func() (types.AnyType, types.BaseMethodFault)) (types.AnyType, types.BaseMethodFault) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.gone {
		return nil, &types.ManagedObjectNotFound{Obj: m.ref}
	}
	return work()
}

func (l *lab) finishTask(t *labTask, result types.AnyType, fault types.BaseMethodFault, message string) {
	changes := []types.PropertyChange{
		{Name: "info.completeTime", Val: now()},
		{Name: "info.cancelable", Val: false},
	}
	if fault != nil {
		if message == "" {
			message = faultMessage(fault)
		}
		changes = append(changes, types.PropertyChange{Name: "info.error", Val: types.LocalizedMethodFault{Fault: fault, LocalizedMessage: message}},
			types.PropertyChange{Name: "info.state", Val: types.TaskInfoStateError})
	} else {
		changes = append(changes, types.PropertyChange{Name: "info.progress", Val: int32(100)})
		if result != nil {
			changes = append(changes, types.PropertyChange{Name: "info.result", Val: result})
		}
		changes = append(changes, types.PropertyChange{Name: "info.state", Val: types.TaskInfoStateSuccess})
	}
	t.set(changes...)
}

func faultMessage(fault types.BaseMethodFault) string {
	switch f := fault.(type) {
	case *types.InvalidPowerState:
		return fmt.Sprintf("The attempted operation cannot be performed in the current state (%s).", strings.Replace(string(f.ExistingState), "poweredO", "Powered o", 1))
	case *types.TaskInProgress:
		return "Another task is already in progress."
	case *types.ManagedObjectNotFound:
		return "The object has already been deleted or has not been completely created"
	}
	return fmt.Sprintf("The operation failed: %s.", strings.TrimPrefix(fmt.Sprintf("%T", fault), "*types."))
}

// postEvent writes into the event log as a user ("" is the system).
func (l *lab) postEvent(user string, event types.BaseEvent) {
	manager := simulator.Map.EventManager()
	ctx := &simulator.Context{
		Context: context.Background(), Map: simulator.Map,
		Session: &simulator.Session{UserSession: types.UserSession{UserName: user}, Registry: simulator.NewRegistry()},
	}
	simulator.Map.WithLock(manager, func() { manager.PostEvent(ctx, &types.PostEvent{EventToPost: event}) })
}

func (l *lab) vmEvent(m *machine) types.VmEvent {
	host := l.places.hosts[m.spec.Host%len(l.places.hosts)]
	return types.VmEvent{Event: types.Event{
		Datacenter: &types.DatacenterEventArgument{EntityEventArgument: types.EntityEventArgument{Name: l.dcPath}, Datacenter: l.dcRef},
		Host:       &types.HostEventArgument{EntityEventArgument: types.EntityEventArgument{Name: host.Name}, Host: host.Self},
		Vm:         &types.VmEventArgument{EntityEventArgument: types.EntityEventArgument{Name: m.name}, Vm: m.ref},
	}}
}

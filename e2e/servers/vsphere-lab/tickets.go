package main

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// ticketTable holds service tickets: each is good for one request of one URL with one method, for two minutes.
type ticketTable struct {
	mu   sync.Mutex
	live map[string]ticket
}

type ticket struct {
	method, path, query, user string
	until                     time.Time
}

func newTicketTable() *ticketTable { return &ticketTable{live: map[string]ticket{}} }

func (t *ticketTable) issue(user, method, rawURL string) (string, bool) {
	u, err := url.Parse(rawURL)
	if err != nil {
		return "", false
	}
	id := "52" + randomToken()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.live[id] = ticket{method, u.Path, u.Query().Get("dsName"), user, time.Now().Add(2 * time.Minute)}
	return id, true
}

// use takes a ticket for a request; it is gone afterwards.
func (t *ticketTable) use(id string, r *http.Request) (string, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	known, ok := t.live[id]
	delete(t.live, id)
	if !ok || time.Now().After(known.until) || known.path != r.URL.Path || known.query != r.URL.Query().Get("dsName") {
		return "", false
	}
	if !strings.EqualFold(known.method, "http"+r.Method) {
		return "", false
	}
	return known.user, true
}

// LabSessionManager serves the session manager's call that the lab owns.
type LabSessionManager struct {
	ref types.ManagedObjectReference
	lab *lab
}

// Reference makes it an object of the simulator's registry.
func (s *LabSessionManager) Reference() types.ManagedObjectReference { return s.ref }

// AcquireGenericServiceTicket gives a ticket for a request to a host.
func (s *LabSessionManager) AcquireGenericServiceTicket(ctx *simulator.Context, req *types.AcquireGenericServiceTicket) soap.HasFault {
	invalid := &methods.AcquireGenericServiceTicketBody{Fault_: fault(&types.InvalidArgument{InvalidProperty: "spec"})}
	spec, ok := req.Spec.(*types.SessionManagerHttpServiceRequestSpec)
	if !ok {
		return invalid
	}
	method := spec.Method
	if method == "" {
		method = "httpGet"
	}
	id, ok := s.lab.tickets.issue(ctx.Session.UserName, method, spec.Url)
	if !ok {
		return invalid
	}
	return &methods.AcquireGenericServiceTicketBody{Res: &types.AcquireGenericServiceTicketResponse{
		Returnval: types.SessionManagerGenericServiceTicket{Id: id, HostName: s.lab.hostAddress, SslThumbprint: thumbprint1(s.lab.certs.hostDer)},
	}}
}

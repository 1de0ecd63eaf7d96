package main

import (
	"fmt"
	"strconv"
	"sync"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// labCollector is the simulator's property collector with paging and with updates that cost what changed, not the whole
// inventory. The simulator makes one a session by reflection, so that fields start empty.
type labCollector struct {
	simulator.PropertyCollector
	lab *lab

	pagesMu sync.Mutex
	pages   map[string][]types.ObjectContent
	limit   map[string]int
	next    int

	wait waitState
}

func (c *labCollector) owner() *lab {
	if c.lab == nil {
		c.lab = theLab
	}
	return c.lab
}

// RetrievePropertiesEx answers the first page; the token asks for the next.
func (c *labCollector) RetrievePropertiesEx(ctx *simulator.Context, req *types.RetrievePropertiesEx) soap.HasFault {
	res := c.PropertyCollector.RetrievePropertiesEx(ctx, req)
	if res.Fault() != nil {
		return res
	}
	body := res.(*methods.RetrievePropertiesExBody)
	limit := int(req.Options.MaxObjects)
	if max := c.owner().knobs.get().MaxPage; max > 0 && (limit <= 0 || limit > max) {
		limit = max
	}
	objects := body.Res.Returnval.Objects
	if limit > 0 && len(objects) > limit {
		body.Res.Returnval.Objects = objects[:limit]
		body.Res.Returnval.Token = c.keep(objects[limit:], limit)
	}
	return body
}

func (c *labCollector) keep(rest []types.ObjectContent, limit int) string {
	c.pagesMu.Lock()
	defer c.pagesMu.Unlock()
	if c.pages == nil {
		c.pages, c.limit = map[string][]types.ObjectContent{}, map[string]int{}
	}
	c.next++
	token := strconv.Itoa(c.next)
	c.pages[token], c.limit[token] = rest, limit
	return token
}

// ContinueRetrievePropertiesEx answers the page that a token stands for; a token is good once.
func (c *labCollector) ContinueRetrievePropertiesEx(_ *simulator.Context, req *types.ContinueRetrievePropertiesEx) soap.HasFault {
	c.pagesMu.Lock()
	rest, ok := c.pages[req.Token]
	limit := c.limit[req.Token]
	delete(c.pages, req.Token)
	delete(c.limit, req.Token)
	c.pagesMu.Unlock()
	body := &methods.ContinueRetrievePropertiesExBody{}
	if !ok {
		body.Fault_ = simulator.Fault("A specified parameter was not correct: token", &types.InvalidArgument{InvalidProperty: "token"})
		return body
	}
	body.Res = &types.ContinueRetrievePropertiesExResponse{}
	body.Res.Returnval.Objects = rest
	if len(rest) > limit {
		body.Res.Returnval.Objects = rest[:limit]
		body.Res.Returnval.Token = c.keep(rest[limit:], limit)
	}
	return body
}

// CancelRetrievePropertiesEx forgets the pages of a token.
func (c *labCollector) CancelRetrievePropertiesEx(_ *simulator.Context, req *types.CancelRetrievePropertiesEx) soap.HasFault {
	c.pagesMu.Lock()
	defer c.pagesMu.Unlock()
	delete(c.pages, req.Token)
	delete(c.limit, req.Token)
	return &methods.CancelRetrievePropertiesExBody{Res: &types.CancelRetrievePropertiesExResponse{}}
}

// CreatePropertyCollector makes a further collector of this kind for the session.
func (c *labCollector) CreatePropertyCollector(ctx *simulator.Context, _ *types.CreatePropertyCollector) soap.HasFault {
	made := &labCollector{lab: c.owner()}
	made.Self = types.ManagedObjectReference{Type: "PropertyCollector", Value: fmt.Sprintf("session[%s]%s", ctx.Session.Key, randomToken())}
	ctx.Session.Put(made)
	return &methods.CreatePropertyCollectorBody{Res: &types.CreatePropertyCollectorResponse{Returnval: made.Self}}
}

// DestroyPropertyCollector ends one and whoever waits on it.
func (c *labCollector) DestroyPropertyCollector(ctx *simulator.Context, req *types.DestroyPropertyCollector) soap.HasFault {
	c.owner().hub.remove(&c.wait)
	c.wait.stop()
	ctx.Session.Remove(req.This)
	return &methods.DestroyPropertyCollectorBody{Res: &types.DestroyPropertyCollectorResponse{}}
}

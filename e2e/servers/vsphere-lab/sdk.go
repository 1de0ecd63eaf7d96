package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/vmware/govmomi/vim25/types"
)

const maxRequestBytes = 32 << 20

// owned are the calls that the lab serves in place of the simulator. The type in the request's _this is rewritten, so that
// the simulator dispatches to the lab's companion object with its own session check, decoding and encoding.
var owned = map[string]map[string]bool{
	"VirtualMachine": set("PowerOnVM_Task", "PowerOffVM_Task", "SuspendVM_Task", "ResetVM_Task", "ShutdownGuest", "RebootGuest",
		"ReconfigVM_Task", "CreateSnapshot_Task", "CreateSnapshotEx_Task", "RemoveAllSnapshots_Task", "RevertToCurrentSnapshot_Task",
		"ConsolidateVMDisks_Task", "QueryChangedDiskAreas", "ExportVm", "Destroy_Task", "UnregisterVM", "RefreshStorageInfo", "Rename_Task",
		"CloneVM_Task", "RelocateVM_Task", "MarkAsTemplate", "MarkAsVirtualMachine"),
	"VirtualMachineSnapshot": set("RemoveSnapshot_Task", "RevertToSnapshot_Task", "RenameSnapshot", "ExportSnapshot"),
	"SessionManager":         set("AcquireGenericServiceTicket"),
}

var companions = map[string]string{
	"VirtualMachine": "LabMachine", "VirtualMachineSnapshot": "LabSnapshot", "SessionManager": "LabSessionManager",
}

func set(names ...string) map[string]bool {
	out := map[string]bool{}
	for _, name := range names {
		out[name] = true
	}
	return out
}

// open are the calls that need no session.
var open = set("RetrieveServiceContent", "Login", "LoginByToken", "LoginExtensionByCertificate", "CloneSession")

var (
	thisTag   = regexp.MustCompile(`<(?:[\w.-]+:)?_this\b[^>]*>`)
	typeAttr  = regexp.MustCompile(`(\stype=["'])([^"']*)(["'])`)
	versioned = regexp.MustCompile(`urn:(?:vim25|internalvim25)/\d+(\.\d+)+`)
)

func (l *lab) serveSDK(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxRequestBytes))
	if err != nil {
		return
	}
	call, err := peek(body)
	if err != nil {
		writeFault(w, err.Error(), &types.InvalidRequest{})
		return
	}
	l.counters.add("sdk."+call.method, 1)
	key, user := l.sessions.of(r)
	if key == "" {
		r.Header.Del("Cookie")
	} else {
		// The simulator's own session never sees quotes.
		r.Header.Set("Cookie", cookieName+"="+key)
	}
	if l.refuse(w, call, key, user, r) {
		return
	}
	if types := owned[call.this.Type]; types[call.method] {
		body = retype(body, companions[call.this.Type])
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	rec := &recorder{header: http.Header{}, status: http.StatusOK}
	l.service.ServeSDK(rec, r)
	l.after(call, key, rec)
	l.answer(w, call, rec)
}

// refuse answers what must not reach the simulator: faults on demand, missing sessions and privileges, wrong passwords.
func (l *lab) refuse(w http.ResponseWriter, call *soapCall, key, user string, r *http.Request) bool {
	kind := "sdk"
	if call.method == "Login" {
		kind = "login"
	}
	if act := l.rules.take(kind, call.method, call.this.Value, false); act != nil {
		if l.hostile(w, call, act) {
			return true
		}
	}
	if call.method == "Login" {
		if max := l.knobs.get().MaxSessions; max > 0 && l.sessions.count() >= max {
			http.Error(w, "Out of HTTP sessions: Limited to "+fmt.Sprint(max), http.StatusServiceUnavailable)
			return true
		}
		if key != "" || !l.accounts.check(call.userName, call.password) {
			time.Sleep(50 * time.Millisecond)
			writeFault(w, "Cannot complete login due to an incorrect user name or password.", &types.InvalidLogin{})
			return true
		}
		return false
	}
	if key == "" && !open[call.method] && !readsServiceOnly(call) {
		writeFault(w, "The session is not authenticated.", &types.NotAuthenticated{
			NoPermission: types.NoPermission{Object: call.this, PrivilegeId: "System.View"},
		})
		return true
	}
	if privilege, ok := needed[call.method]; ok && l.accounts.lacks(user, privilege) {
		writeFault(w, "Permission to perform this operation was denied.", &types.NoPermission{Object: call.this, PrivilegeId: privilege})
		return true
	}
	if call.readsLease && !versioned.MatchString(r.Header.Get("SOAPAction")) {
		// An HttpNfcLease is unknown to the oldest version, which a SOAPAction without one asks for.
		writeFault(w, "Unable to resolve WSDL type name vim25:HttpNfcLease", &types.InvalidRequest{})
		return true
	}
	return false
}

// readsServiceOnly lets pyVmomi and others read the service instance before the login.
func readsServiceOnly(call *soapCall) bool {
	return strings.HasPrefix(call.method, "RetrieveProperties") && call.objects == 1 && call.serviceInstance
}

// after keeps the lab's sessions in step with the simulator's.
func (l *lab) after(call *soapCall, key string, rec *recorder) {
	if rec.status != http.StatusOK {
		return
	}
	switch call.method {
	case "Login":
		for _, c := range (&http.Response{Header: rec.header}).Cookies() {
			if c.Name == cookieName {
				l.sessions.add(c.Value, call.userName, false)
				value := c.Value
				if l.knobs.get().QuotedCookie {
					value = `"` + value + `"`
				}
				rec.header.Set("Set-Cookie", cookieName+"="+value+"; Path=/; HttpOnly; Secure; ")
			}
		}
	case "Logout":
		l.sessions.drop(key)
		l.hub.dropSession(key)
	}
}

var (
	goDeclared = []byte(` xmlns:XMLSchema-instance="http://www.w3.org/2001/XMLSchema-instance"`)
	goPrefix   = []byte(` XMLSchema-instance:type="`)
	xsiPrefix  = []byte(` xsi:type="`)
	labMachine = []byte(`type="LabMachine"`)
	labSnap    = []byte(`type="LabSnapshot"`)
)

// withXsi writes type attributes as a vCenter does. Quotes in texts are escaped, so that no text can match.
func withXsi(out []byte) []byte {
	return bytes.ReplaceAll(bytes.ReplaceAll(out, goDeclared, nil), goPrefix, xsiPrefix)
}

// answer sends what the simulator wrote, in the form that a vCenter writes it.
func (l *lab) answer(w http.ResponseWriter, call *soapCall, rec *recorder) {
	out := rec.body.Bytes()
	if !l.knobs.get().GoPrefix {
		out = withXsi(out)
	}
	if rec.status != http.StatusOK {
		out = bytes.ReplaceAll(out, labMachine, []byte(`type="VirtualMachine"`))
		out = bytes.ReplaceAll(out, labSnap, []byte(`type="VirtualMachineSnapshot"`))
	}
	for name, values := range rec.header {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache")
	w.Header().Set("Content-Length", fmt.Sprint(len(out)))
	w.WriteHeader(rec.status)
	_, _ = w.Write(out)
}

// retype puts another type into the first _this of the request.
func retype(body []byte, to string) []byte {
	at := thisTag.FindIndex(body)
	if at == nil {
		return body
	}
	tag := typeAttr.ReplaceAll(body[at[0]:at[1]], []byte("${1}"+to+"${3}"))
	out := make([]byte, 0, len(body)+len(to))
	out = append(out, body[:at[0]]...)
	out = append(out, tag...)
	return append(out, body[at[1]:]...)
}

// recorder keeps an answer of the simulator until the lab has looked at it.
type recorder struct {
	header http.Header
	body   bytes.Buffer
	status int
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) Write(p []byte) (int, error) { return r.body.Write(p) }
func (r *recorder) WriteHeader(status int)      { r.status = status }

func serveVersions(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/xml")
	_, _ = io.WriteString(w, `<?xml version="1.0" encoding="UTF-8"?>
<namespaces version="1.0"><namespace><name>urn:vim25</name><version>8.0.2.0</version><priorVersions>
<version>8.0.1.0</version><version>8.0.0.0</version><version>7.0.3.0</version><version>7.0</version><version>6.7.3</version>
<version>6.7.2</version><version>6.7.1</version><version>6.7</version><version>6.5</version><version>6.0</version><version>5.5</version>
</priorVersions></namespace></namespaces>
`)
}

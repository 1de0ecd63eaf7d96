package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/vmware/govmomi/vim25/types"
	"github.com/vmware/govmomi/vim25/xml"
)

// soapCall is what the front door needs to know of a request before the simulator decodes it.
type soapCall struct {
	method             string
	this               types.ManagedObjectReference
	userName, password string
	objects            int
	serviceInstance    bool
	readsLease         bool
}

func peek(body []byte) (*soapCall, error) {
	call := &soapCall{}
	decoder := xml.NewDecoder(bytes.NewReader(body))
	depth := 0
	var path []string
	for {
		token, err := decoder.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("the request is not XML: %w", err)
		}
		switch t := token.(type) {
		case xml.Directive:
			return nil, fmt.Errorf("the request has a document type")
		case xml.StartElement:
			depth++
			path = append(path, t.Name.Local)
			if depth == 3 && path[1] == "Body" && call.method == "" {
				call.method = t.Name.Local
			}
			kind := attribute(t, "type")
			switch {
			case depth == 4 && t.Name.Local == "_this":
				call.this.Type = kind
			case t.Name.Local == "obj":
				call.objects++
				call.serviceInstance = kind == "ServiceInstance"
				call.readsLease = call.readsLease || kind == "HttpNfcLease"
			}
		case xml.EndElement:
			depth--
			path = path[:len(path)-1]
		case xml.CharData:
			if depth == 4 && path[1] == "Body" {
				switch path[3] {
				case "_this":
					call.this.Value += string(t)
				case "userName":
					call.userName += string(t)
				case "password":
					call.password += string(t)
				}
			}
		}
	}
	if call.method == "" {
		return nil, fmt.Errorf("the request has no call")
	}
	return call, nil
}

func attribute(t xml.StartElement, name string) string {
	for _, a := range t.Attr {
		if a.Name.Local == name && a.Name.Space == "" {
			return a.Value
		}
	}
	return ""
}

type faultDetail struct{ fault types.BaseMethodFault }

// MarshalXML names the element and the type of the fault as a vCenter does.
func (d *faultDetail) MarshalXML(e *xml.Encoder, start xml.StartElement) error {
	kind := reflect.TypeOf(d.fault).Elem().Name()
	start.Name.Local = kind + "Fault"
	start.Attr = append(start.Attr,
		xml.Attr{Name: xml.Name{Local: "xmlns"}, Value: "urn:vim25"},
		xml.Attr{Name: xml.Name{Local: "xsi:type"}, Value: kind})
	return e.EncodeElement(d.fault, start)
}

// writeFault answers a SOAP fault with status 500.
func writeFault(w http.ResponseWriter, message string, fault types.BaseMethodFault) {
	var inner bytes.Buffer
	encoder := xml.NewEncoder(&inner)
	err := encoder.Encode(&struct {
		XMLName xml.Name `xml:"soapenv:Fault"`
		Code    string   `xml:"faultcode"`
		String  string   `xml:"faultstring"`
		Detail  struct {
			Fault *faultDetail
		} `xml:"detail"`
	}{Code: "ServerFaultCode", String: message, Detail: struct{ Fault *faultDetail }{&faultDetail{fault}}})
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	out := envelope(withXsi(inner.Bytes()))
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	w.WriteHeader(http.StatusInternalServerError)
	_, _ = w.Write(out)
}

func envelope(body []byte) []byte {
	var out bytes.Buffer
	out.WriteString(xml.Header)
	out.WriteString(`<soapenv:Envelope xmlns:soapenc="http://schemas.xmlsoap.org/soap/encoding/" ` +
		`xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsd="http://www.w3.org/2001/XMLSchema" ` +
		`xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>`)
	out.Write(body)
	out.WriteString(`</soapenv:Body></soapenv:Envelope>`)
	return out.Bytes()
}

// faultNamed makes a fault of the vim25 schema by its name, with fields from JSON (Go's field names, any case).
func faultNamed(name string, detail json.RawMessage) types.BaseMethodFault {
	kind, ok := types.TypeFunc()(name)
	if !ok {
		return &types.RuntimeFault{}
	}
	value := reflect.New(kind).Interface()
	if len(detail) > 0 {
		_ = json.Unmarshal(detail, value)
	}
	if fault, ok := value.(types.BaseMethodFault); ok {
		return fault
	}
	return &types.RuntimeFault{}
}

// hostile does what a rule says to an /sdk answer. False: only a delay, the call goes on.
func (l *lab) hostile(w http.ResponseWriter, call *soapCall, act *action) bool {
	if act.DelayMs > 0 {
		time.Sleep(time.Duration(act.DelayMs) * time.Millisecond)
	}
	if act.Vanish {
		if m := l.machine(call.this); m != nil {
			l.removeMachine(m)
		}
	}
	switch {
	case act.Fault != "":
		message := act.Message
		if message == "" {
			message = "The lab was told to fail."
		}
		writeFault(w, message, faultNamed(act.Fault, act.Detail))
	case act.Status != 0:
		refuseStatus(w, act)
	case act.CutAfter != nil:
		reset(w)
	case act.Body != "":
		writeHostileBody(w, call, act.Body)
	default:
		return false
	}
	return true
}

func refuseStatus(w http.ResponseWriter, act *action) {
	if act.RetryAfter > 0 {
		w.Header().Set("Retry-After", fmt.Sprint(act.RetryAfter))
	}
	http.Error(w, "The lab was told to answer "+fmt.Sprint(act.Status), act.Status)
}

// writeHostileBody answers what no client may choke on.
func writeHostileBody(w http.ResponseWriter, call *soapCall, kind string) {
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	wrap := func(inner string) string {
		return string(envelope([]byte(`<` + call.method + `Response xmlns="urn:vim25">` + inner + `</` + call.method + `Response>`)))
	}
	switch kind {
	case "entityBomb":
		var b strings.Builder
		b.WriteString(`<?xml version="1.0"?><!DOCTYPE bomb [<!ENTITY a0 "ha">`)
		for i := 1; i < 30; i++ {
			fmt.Fprintf(&b, `<!ENTITY a%d "%s">`, i, strings.Repeat(fmt.Sprintf("&a%d;", i-1), 10))
		}
		b.WriteString("]>")
		b.WriteString(strings.TrimPrefix(wrap(`<returnval>&a29;</returnval>`), xml.Header))
		_, _ = io.WriteString(w, b.String())
	case "doctype":
		_, _ = io.WriteString(w, `<?xml version="1.0"?><!DOCTYPE x SYSTEM "file:///etc/passwd" [<!ENTITY e SYSTEM "file:///etc/passwd">]>`+
			strings.TrimPrefix(wrap(`<returnval>&e;</returnval>`), xml.Header))
	case "notXml":
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<html><body><p>503 Service Unavailable<br>")
	case "truncated":
		whole := wrap(`<returnval><version>1</version></returnval>`)
		_, _ = io.WriteString(w, whole[:len(whole)*2/3])
	case "deep":
		_, _ = io.WriteString(w, wrap(strings.Repeat("<a>", 200_000)+strings.Repeat("</a>", 200_000)))
	case "huge":
		// Ends when the client hangs up, or after 4 GiB.
		_, _ = io.WriteString(w, `<?xml version="1.0"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body><returnval>`)
		block := []byte(strings.Repeat("x", 1<<20))
		for i := 0; i < 4096; i++ {
			if _, err := w.Write(block); err != nil {
				return
			}
		}
	default:
		_, _ = io.WriteString(w, kind)
	}
}

package main

import (
	"crypto/tls"
	"log"
	"net"
	"net/http"

	"github.com/vmware/govmomi/simulator"
)

// listen opens the three doors: the vCenter's, the ESXi host's (device URLs of leases and /folder with tickets point
// there) and the control door, which tests use.
func (l *lab) listen() (*ready, error) {
	certs, err := makeCertificates()
	if err != nil {
		return nil, err
	}
	l.certs = certs
	main, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	host, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	control, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	_, hostPort, err := net.SplitHostPort(host.Addr().String())
	if err != nil {
		return nil, err
	}
	l.mainAddress = main.Addr().String()
	l.hostAddress = net.JoinHostPort("localhost", hostPort)

	l.service.Listen = l.listenURL(l.mainAddress)
	l.service.RegisterSDK(simulator.Map)
	simulator.Map.SessionManager().ServiceHostName = l.hostAddress

	mux := http.NewServeMux()
	mux.HandleFunc("/sdk", l.serveSDK)
	mux.HandleFunc("/sdk/", l.serveSDK)
	mux.HandleFunc("/sdk/vimServiceVersions.xml", serveVersions)
	mux.HandleFunc("/folder", l.serveFolder)
	mux.HandleFunc("/folder/", l.serveFolder)
	mux.HandleFunc("/nfc/", l.serveNfc)
	l.tags.register(mux)
	hostMux := http.NewServeMux()
	hostMux.HandleFunc("/folder", l.serveFolder)
	hostMux.HandleFunc("/folder/", l.serveFolder)
	hostMux.HandleFunc("/nfc/", l.serveNfc)

	quiet := log.New(log.Writer(), "", 0)
	serve := func(listener net.Listener, handler http.Handler, cert tls.Certificate) {
		// HTTP/1.1 only, as the real servers speak it.
		server := &http.Server{Handler: handler, ErrorLog: quiet, TLSNextProto: map[string]func(*http.Server, *tls.Conn, http.Handler){}}
		conf := &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
		go func() { _ = server.Serve(tls.NewListener(listener, conf)) }()
	}
	serve(main, l.counted(mux, "main"), certs.main)
	serve(host, l.counted(hostMux, "host"), certs.host)
	token := randomToken()
	go func() { _ = (&http.Server{Handler: l.controlHandler(token), ErrorLog: quiet}).Serve(control) }()

	answer := &ready{
		URL:                "https://" + l.mainAddress,
		HostURL:            "https://" + l.hostAddress,
		ControlURL:         "http://" + control.Addr().String(),
		ControlToken:       token,
		CaPem:              certs.caPem,
		Fingerprint:        fingerprint256(certs.mainDer),
		Thumbprint:         thumbprint1(certs.mainDer),
		HostCertificatePem: certs.hostPem,
		HostFingerprint:    fingerprint256(certs.hostDer),
		HostThumbprint:     thumbprint1(certs.hostDer),
		DatacenterPath:     l.dcPath,
		Machines:           l.describeMachines(false),
	}
	for _, name := range storeNames {
		if _, ok := l.datastores[name]; ok {
			answer.Datastores = append(answer.Datastores, name)
		}
	}
	return answer, nil
}

func (l *lab) counted(next http.Handler, door string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		l.counters.add("door."+door, 1)
		next.ServeHTTP(w, r)
	})
}

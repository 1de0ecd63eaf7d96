// The lab vCenter: a vCenter (or a stand-alone ESXi host) for tests, made of VMware's own simulator library (Debian's
// golang-github-vmware-govmomi-dev) and, around it, what the simulator lacks: disks with contents, snapshots that freeze
// them, changed block tracking, export leases with real stream-optimized VMDKs, /folder with sessions and locks, paging,
// asynchronous tasks, privileges, and faults on demand. See README.md.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
)

// config is what the starter writes as one line of JSON to standard input: a password has no place in arguments.
type config struct {
	// Dir holds everything the lab writes: datastores, images, certificates. The starter makes and removes it.
	Dir      string `json:"dir"`
	Username string `json:"username"`
	Password string `json:"password"`
	// Esx makes a stand-alone host in place of a vCenter.
	Esx bool `json:"esx"`
	// Fill is the number of machines without contents that are there besides those of Machines.
	Fill     int           `json:"fill"`
	Machines []machineSpec `json:"machines"`
	// Datacenter and folder names; "" takes the defaults.
	Datacenter       string `json:"datacenter"`
	DatacenterFolder string `json:"datacenterFolder"`
	Verbose          bool   `json:"verbose"`
}

// ready is the one line on standard output that says how to reach the lab.
type ready struct {
	URL                string      `json:"url"`
	HostURL            string      `json:"hostUrl"`
	ControlURL         string      `json:"controlUrl"`
	ControlToken       string      `json:"controlToken"`
	CaPem              string      `json:"caPem"`
	Fingerprint        string      `json:"fingerprint"`
	Thumbprint         string      `json:"thumbprint"`
	HostCertificatePem string      `json:"hostCertificatePem"`
	HostFingerprint    string      `json:"hostFingerprint"`
	HostThumbprint     string      `json:"hostThumbprint"`
	DatacenterPath     string      `json:"datacenterPath"`
	Datastores         []string    `json:"datastores"`
	Machines           interface{} `json:"machines"`
}

func fail(err error) {
	fmt.Fprintf(os.Stderr, "vsphere-lab: %v\n", err)
	os.Exit(1)
}

func main() {
	stop := make(chan os.Signal, 2)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)

	stdin := bufio.NewReaderSize(os.Stdin, 1<<20)
	line, err := stdin.ReadBytes('\n')
	if err != nil && len(line) == 0 {
		fail(fmt.Errorf("expected one line of JSON on standard input: %w", err))
	}
	cfg := config{Username: "administrator@vsphere.local"}
	if err := json.Unmarshal(line, &cfg); err != nil {
		fail(fmt.Errorf("the configuration is not JSON: %w", err))
	}
	if !filepath.IsAbs(cfg.Dir) || cfg.Password == "" {
		fail(fmt.Errorf("dir must be an absolute path and password must be set"))
	}
	if cfg.Verbose {
		log.SetOutput(os.Stderr)
	} else {
		log.SetOutput(io.Discard)
	}
	// The lab ends with its starter, however that ended: the pipe is closed then.
	go func() {
		_, _ = io.Copy(io.Discard, stdin)
		stop <- syscall.SIGTERM
	}()

	l, err := newLab(cfg)
	if err != nil {
		fail(err)
	}
	answer, err := l.listen()
	if err != nil {
		fail(err)
	}
	out, err := json.Marshal(answer)
	if err != nil {
		fail(err)
	}
	fmt.Printf("%s\n", out)
	<-stop
}

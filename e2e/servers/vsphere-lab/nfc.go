package main

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"time"
)

// serveNfc sends the files of leases. The URL carries its own token: no session is asked for.
func (l *lab) serveNfc(w http.ResponseWriter, r *http.Request) {
	running := l.counters.enter("nfc")
	defer l.counters.leave("nfc")
	parts := strings.SplitN(strings.TrimPrefix(r.URL.Path, "/nfc/"), "/", 2)
	lease := l.leases.byID(parts[0])
	if lease == nil || len(parts) != 2 {
		http.NotFound(w, r)
		return
	}
	if max := l.knobs.get().MaxNfcRequests; max > 0 && running > max {
		http.Error(w, "The host has no NFC connection left", http.StatusServiceUnavailable)
		return
	}
	act := l.rules.take("nfc", r.Method, r.URL.Path, false)
	if act == nil {
		act = &action{}
	}
	time.Sleep(time.Duration(act.DelayMs) * time.Millisecond)
	switch {
	case act.Status != 0:
		refuseStatus(w, act)
		return
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	for _, f := range lease.files {
		if f.name == parts[1] {
			lease.send(w, r, f, act)
			return
		}
	}
	http.NotFound(w, r)
}

// stream makes the stream-optimized VMDK of a disk, once.
func (f *leaseFile) stream() error {
	f.once.Do(func() {
		if f.disk == nil {
			return
		}
		out := f.image + ".vmdk"
		text, err := exec.Command("qemu-img", "convert", "-f", "raw", "-O", "vmdk", "-o", "subformat=streamOptimized", f.image, out).CombinedOutput()
		if err != nil {
			f.err = &convertError{string(text), err}
			return
		}
		f.path = out
		f.populated = allocatedBytes(f.image)
	})
	return f.err
}

type convertError struct {
	text string
	err  error
}

func (e *convertError) Error() string { return e.err.Error() + ": " + e.text }

// sum makes the checksums of a whole file, once, before it is sent: a host has processors of its own for that, whoever is measured
// against this one shall not wait for them.
func (f *leaseFile) sum() error {
	f.summed.Do(func() {
		file, err := os.Open(f.path)
		if err != nil {
			f.sumErr = err
			return
		}
		defer file.Close()
		one, two := sha1.New(), sha256.New()
		if _, f.sumErr = io.Copy(io.MultiWriter(one, two), file); f.sumErr == nil {
			f.whole1, f.whole256 = hex.EncodeToString(one.Sum(nil)), hex.EncodeToString(two.Sum(nil))
		}
	})
	return f.sumErr
}

// send streams a file chunked, without a length, as hosts do; the checksums are of the bytes that were meant to be sent.
func (lease *labLease) send(w http.ResponseWriter, r *http.Request, f *leaseFile, act *action) {
	err := f.stream()
	if err == nil {
		err = f.sum()
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	file, err := os.Open(f.path)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	defer file.Close()
	w.Header().Set("Content-Type", "application/x-vnd.vmware-streamVmdk")
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return
	}
	out := io.Writer(w)
	meddle := &meddler{ResponseWriter: w, act: act}
	if act.Vanish {
		meddle.onBytes = func() { lease.lab.removeMachine(lease.m) }
	}
	out = meddle
	buffer := make([]byte, 256<<10)
	var sent int64
	for {
		if lease.over() {
			// Timed out, aborted or vanished: the host drops the connection.
			flush(w)
			reset(w)
			return
		}
		n, err := file.Read(buffer)
		if n > 0 {
			wrote, werr := out.Write(buffer[:n])
			sent += int64(wrote)
			lease.lab.counters.add("nfc.bytes", wrote)
			if werr != nil {
				return
			}
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			reset(w)
			return
		}
	}
	lease.mu.Lock()
	f.sha1, f.sha256, f.sent = f.whole1, f.whole256, sent
	lease.mu.Unlock()
}

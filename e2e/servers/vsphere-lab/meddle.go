package main

import (
	"errors"
	"net"
	"net/http"
	"time"
)

var errEnded = errors.New("the lab was told to end the body here")

// meddler passes a body on and does to it what a rule says: cut, shorten, slow down, flip a byte.
type meddler struct {
	http.ResponseWriter
	act     *action
	written int64
	onBytes func()
	started time.Time
}

func (m *meddler) Write(p []byte) (int, error) {
	total := 0
	for len(p) > 0 {
		chunk := p
		if m.act.BytesPerSecond > 0 && len(chunk) > 16<<10 {
			chunk = chunk[:16<<10]
		}
		if at := m.act.CutAfter; at != nil {
			if m.written >= *at {
				flush(m.ResponseWriter)
				reset(m.ResponseWriter)
				return total, http.ErrAbortHandler
			}
			if int64(len(chunk)) > *at-m.written {
				chunk = chunk[:*at-m.written]
			}
		}
		if at := m.act.ShortAfter; at != nil {
			if m.written >= *at {
				flush(m.ResponseWriter)
				hangUp(m.ResponseWriter)
				return total, http.ErrAbortHandler
			}
			if int64(len(chunk)) > *at-m.written {
				chunk = chunk[:*at-m.written]
			}
		}
		if at := m.act.EndAfter; at != nil {
			if m.written >= *at {
				return total, errEnded
			}
			if int64(len(chunk)) > *at-m.written {
				chunk = chunk[:*at-m.written]
			}
		}
		out := chunk
		if at := m.act.Flip; at != nil && *at >= m.written && *at < m.written+int64(len(chunk)) {
			out = append([]byte(nil), chunk...)
			out[*at-m.written] ^= 0xff
		}
		n, err := m.ResponseWriter.Write(out)
		m.written += int64(n)
		total += n
		if err != nil {
			return total, err
		}
		if m.onBytes != nil && m.written >= m.act.AfterBytes {
			m.onBytes()
			m.onBytes = nil
		}
		m.pace()
		p = p[len(chunk):]
	}
	return total, nil
}

// pace sleeps until the bytes so far are due.
func (m *meddler) pace() {
	if m.act.BytesPerSecond <= 0 {
		return
	}
	flush(m.ResponseWriter)
	if m.started.IsZero() {
		m.started = time.Now()
	}
	due := time.Duration(float64(m.written) / float64(m.act.BytesPerSecond) * float64(time.Second))
	if wait := due - time.Since(m.started); wait > 0 {
		time.Sleep(wait)
	}
}

func flush(w http.ResponseWriter) {
	if f, ok := w.(http.Flusher); ok {
		f.Flush()
	}
}

// rawConn takes the TCP connection from under an answer.
func rawConn(w http.ResponseWriter) net.Conn {
	if m, ok := w.(*meddler); ok {
		return rawConn(m.ResponseWriter)
	}
	h, ok := w.(http.Hijacker)
	if !ok {
		return nil
	}
	conn, _, err := h.Hijack()
	if err != nil {
		return nil
	}
	return conn
}

// reset ends the connection as a broken network does: no TLS close, no FIN but a RST. A RST throws away what the other side
// has not read yet; a moment before it lets the bytes so far arrive.
func reset(w http.ResponseWriter) {
	conn := rawConn(w)
	if conn == nil {
		return
	}
	time.Sleep(50 * time.Millisecond)
	if t, ok := conn.(interface{ NetConn() net.Conn }); ok {
		if tcp, ok := t.NetConn().(*net.TCPConn); ok {
			_ = tcp.SetLinger(0)
			_ = tcp.Close()
			return
		}
	}
	_ = conn.Close()
}

// hangUp ends the connection in good order in the middle of an answer.
func hangUp(w http.ResponseWriter) {
	if conn := rawConn(w); conn != nil {
		_ = conn.Close()
	}
}

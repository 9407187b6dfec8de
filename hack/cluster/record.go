package cluster

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
)

// record is cluster.json: enough for a later process to judge, restart and stop the cluster. It is the
// first file written, so a folder without it is not a cluster's and is never emptied.
type record struct {
	Dir         string   `json:"dir"`
	Binaries    string   `json:"binaries"`
	Controllers bool     `json:"controllers"`
	Nodes       int      `json:"nodes"`
	Stages      []string `json:"stages,omitempty"`
	AuditPolicy string   `json:"auditPolicy,omitempty"`
	Ports       ports    `json:"ports"`
	// Complete is false while Up works. A folder found so was left by an Up that was killed.
	Complete bool `json:"complete"`
}

type ports struct {
	Etcd      int `json:"etcd"`
	APIServer int `json:"apiServer"`
	Kwok      int `json:"kwok"`
}

func recordFile(dir string) string { return filepath.Join(dir, "cluster.json") }

// readRecord returns nil when there is no record, or one cut short by a crash.
func readRecord(dir string) (*record, error) {
	text, err := os.ReadFile(recordFile(dir))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the cluster's record: %w", err)
	}
	r := &record{Dir: dir, Controllers: true}
	if !json.Valid(text) {
		return r, nil // enough to stop whatever was started
	}
	if err := json.Unmarshal(text, r); err != nil {
		return nil, fmt.Errorf("reading the cluster's record: %w", err)
	}
	return r, nil
}

func (r *record) write() error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("writing the cluster's record: %w", err)
	}
	temporary := recordFile(r.Dir) + ".new"
	if err := os.WriteFile(temporary, append(text, '\n'), 0o600); err != nil {
		return fmt.Errorf("writing the cluster's record: %w", err)
	}
	if err := os.Rename(temporary, recordFile(r.Dir)); err != nil {
		return fmt.Errorf("writing the cluster's record: %w", err)
	}
	return nil
}

// dead names the first program of the record that does not run, or is empty.
func (r *record) dead() string {
	for _, program := range r.programs() {
		if !(process{dir: r.Dir, name: program}).alive() {
			return program
		}
	}
	return ""
}

// freePorts asks the kernel for ports, all held at once so that they differ. Between here and the
// program's own bind another process may take one: Up notices and tries once more.
func freePorts() (ports, error) {
	var chosen [3]int
	for i := range chosen {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return ports{}, fmt.Errorf("asking for a free port: %w", err)
		}
		defer func() { _ = listener.Close() }()
		address, ok := listener.Addr().(*net.TCPAddr)
		if !ok {
			return ports{}, fmt.Errorf("asking for a free port: got %v", listener.Addr())
		}
		chosen[i] = address.Port
	}
	return ports{Etcd: chosen[0], APIServer: chosen[1], Kwok: chosen[2]}, nil
}

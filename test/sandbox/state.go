// SPDX-License-Identifier: BSD-3-Clause

package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"
)

// saveEvery is how long a change may be only in memory.
const saveEvery = time.Second

// state is all that outlives the process. Tokens, used grants, faults and the log do not.
type state struct {
	Clients       map[string]Client                 `json:"clients"`
	Registered    map[string]*storedClient          `json:"registeredClients"`
	Scopes        map[string]*storedScope           `json:"scopes"`
	Resources     map[string]*storedResource        `json:"resources"`
	Subjects      map[string]map[string]*subjectRow `json:"subjects"`
	Lists         map[string]*accessList            `json:"accessLists"`
	Consents      map[string]*storedConsent         `json:"consents"`
	Versions      int                               `json:"lastVersionId"`
	Changes       int64                             `json:"lastChange"`
	Events        uint64                            `json:"lastEvent"`
	ConsentEvents int                               `json:"lastConsentEvent"`
}

func newState() *state {
	return &state{
		Clients:    map[string]Client{},
		Registered: map[string]*storedClient{},
		Scopes:     map[string]*storedScope{},
		Resources:  map[string]*storedResource{},
		Subjects:   map[string]map[string]*subjectRow{},
		Lists:      map[string]*accessList{},
		Consents:   map[string]*storedConsent{},
	}
}

// loadState reads a file. No name and no file are an empty state; a file that cannot be read is an error, so that nobody's
// state is overwritten by mistake.
func loadState(path string) (*state, error) {
	loaded := newState()
	if path == "" {
		return loaded, nil
	}
	data, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return loaded, nil
	}
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(data, loaded); err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	return loaded, nil
}

// Save writes the state to its file now. Without a file it does nothing.
func (s *Server) Save() error {
	if s.options.StateFile == "" {
		return nil
	}
	s.mu.Lock()
	data, err := json.Marshal(s.state)
	s.mu.Unlock()
	if err != nil {
		return fmt.Errorf("writing the state as JSON: %w", err)
	}
	if err := writeAtomically(s.options.StateFile, data); err != nil {
		return fmt.Errorf("saving the state: %w", err)
	}
	return nil
}

// writeAtomically leaves either the old file or the new one, whenever the process is killed.
func writeAtomically(path string, data []byte) error {
	file, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	err = errors.Join(err, file.Sync(), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		_ = os.Remove(file.Name()) // the error that counts is the first
	}
	return err
}

// saver writes the state after changes, not at each: a write costs more the more there is.
type saver struct {
	server *Server
	dirty  atomic.Bool
	once   sync.Once
	end    chan struct{}
	done   chan struct{}
}

func startSaver(s *Server) *saver {
	started := &saver{server: s, end: make(chan struct{}), done: make(chan struct{})}
	if s.options.StateFile == "" {
		close(started.done)
		return started
	}
	go started.run()
	return started
}

func (v *saver) mark() { v.dirty.Store(true) }

func (v *saver) run() {
	defer close(v.done)
	ticker := time.NewTicker(saveEvery)
	defer ticker.Stop()
	for {
		select {
		case <-v.end:
			return
		case <-ticker.C:
			if v.dirty.Swap(false) && v.server.Save() != nil {
				v.dirty.Store(true) // the next turn tries again, and Close reports
			}
		}
	}
}

func (v *saver) stop() error {
	v.once.Do(func() { close(v.end) })
	<-v.done
	return v.server.Save()
}

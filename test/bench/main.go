// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/altinn/serviceowner-operator/hack/cluster"
)

// settings are the command line, and where things are.
type settings struct {
	Apps, Owners, Workers, Repeat, Audited, Edited, Registered int
	Credentials, Bystanders, Foreign, Rotated, Rotations       int
	Stored, StoredApps, Admitted                               int
	Calls, ClientCalls                                         float64
	Idle, Calm, Steady                                         time.Duration

	pods             bool
	operator, config string
	storing          string // a configuration with storage
	root             string // the checkout
	folder           string // logs and results
	plane            string // the control plane's own
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func parse() (settings, error) {
	var s settings
	flag.IntVar(&s.Apps, "apps", 300, "how many Apps are created and compared; 0 leaves it out")
	flag.IntVar(&s.Owners, "owners", 30, "how many service owners they belong to")
	flag.IntVar(&s.Workers, "workers", 16, "how many requests the plain client makes at once")
	flag.IntVar(&s.Repeat, "repeat", 1, "how often all is measured")
	flag.IntVar(&s.Audited, "audited", 20, "how many Apps the run with an audit log creates; 0 leaves it out")
	flag.IntVar(&s.Edited, "edited", 1000, "how many Apps the agreement covers that is edited; 0 leaves it out")
	flag.IntVar(&s.Registered, "registered", 1000, "how many Apps are registered outside the cluster; 0 leaves it out")
	flag.Float64Var(&s.Calls, "calls", 50, "the most calls a second to where they are registered")
	s.credentialFlags()
	s.storedFlags()
	s.admittedFlags()
	flag.BoolVar(&s.pods, "pods", true, "measure with controllers and simulated nodes too, until all is Ready")
	flag.DurationVar(&s.Idle, "idle", 20*time.Second, "how long the operator is watched doing nothing")
	flag.DurationVar(&s.Calm, "calm", time.Minute, "how long a run waits at most for others to leave the machine alone")
	flag.StringVar(&s.operator, "operator", "", "another operator binary to measure, instead of this checkout's")
	flag.StringVar(&s.config, "config", "", "another configuration of the operator than config/manager/operator.yaml; where it calls to is left out of it or the sandbox's")
	flag.Parse()
	if err := errors.Join(s.check(), s.checkCredentials(), s.checkStored(), s.checkAdmitted()); err != nil {
		return s, err
	}
	var err error
	if s.plane, err = cluster.Dir("bench"); err != nil {
		return s, err
	}
	s.root = filepath.Dir(filepath.Dir(filepath.Dir(s.plane)))
	s.folder = filepath.Join(s.root, "bin", "bench")
	if s.config == "" {
		s.config = filepath.Join(s.root, "config", "manager", "operator.yaml")
	}
	return s, nil
}

// check looks at the numbers.
func (s settings) check() error {
	switch {
	case min(s.Owners, s.Workers, s.Repeat) < 1 || s.Owners > maxOwners:
		return fmt.Errorf("-owners (up to %d), -workers and -repeat must be at least 1", maxOwners)
	case min(s.Apps, s.Audited, s.Edited, s.Registered) < 0 || s.Registered > maxRegistered:
		return fmt.Errorf("-apps, -audited, -edited and -registered (up to %d) must be at least 0", maxRegistered)
	case s.Calls <= 0:
		return errors.New("-calls must be more than 0")
	}
	return nil
}

func run(ctx context.Context) error {
	s, err := parse()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(s.folder, 0o755); err != nil {
		return err
	}
	release, err := alone(s.folder)
	if err != nil {
		return err
	}
	defer release()
	if s.operator == "" {
		s.operator = filepath.Join(s.folder, "operator")
		if err := s.build(ctx); err != nil {
			return err
		}
	}
	if err := s.configure(); err != nil {
		return err
	}
	result, err := s.measure(ctx)
	if err != nil {
		return err
	}
	return s.publish(result)
}

// configure writes the configurations that operators are measured with.
func (s *settings) configure() error {
	plain := filepath.Join(s.folder, "operator.yaml")
	s.storing = filepath.Join(s.folder, "storing.yaml")
	err := errors.Join(rewrite(s.config, plain, unaided), rewrite(s.config, s.storing, inAzure))
	s.config = plain
	return err
}

// alone keeps a second bench out: it would take down the control plane of the first, and both would
// measure each other.
func alone(folder string) (func(), error) {
	held, err := os.Open(folder)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(held.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = held.Close()
		return nil, errors.New("another bench runs in this checkout")
	}
	return func() { _ = held.Close() }, nil // closing gives the lock back
}

// build builds the operator as make build does.
func (s settings) build(ctx context.Context) error {
	fmt.Println("building the operator")
	command := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false",
		"-ldflags", "-s -w -X main.version=source", "-o", s.operator, ".")
	command.Dir = s.root
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("building the operator: %w\n%s", err, output)
	}
	return nil
}

// measure does all that the flags ask for.
func (s settings) measure(ctx context.Context) (*result, error) {
	result := newResult(ctx, s)
	planes := []plane{bare}
	if s.pods {
		planes = append(planes, full)
	}
	for round := range s.Repeat {
		if err := s.repetition(ctx, result, planes, round+1); err != nil {
			return nil, err
		}
	}
	if s.Registered > 0 {
		registered, err := s.measureRegistered(ctx)
		if err != nil {
			return nil, fmt.Errorf("registering Apps: %w", err)
		}
		result.Registered = registered
	}
	if err := s.credentials(ctx, result); err != nil {
		return nil, err
	}
	if err := errors.Join(s.stored(ctx, result), s.admitted(ctx, result)); err != nil {
		return nil, err
	}
	if s.Audited > 0 {
		audited, err := s.audit(ctx, planes[len(planes)-1])
		if err != nil {
			return nil, fmt.Errorf("the run with an audit log: %w", err)
		}
		result.Audited = audited
	}
	return result, nil
}

func (s settings) stored(ctx context.Context, result *result) (err error) {
	if s.Stored == 0 {
		return nil
	}
	if result.Stored, err = s.measureStored(ctx); err != nil {
		return fmt.Errorf("keeping data: %w", err)
	}
	return nil
}

// repetition measures once all that is compared with a plain client.
func (s settings) repetition(ctx context.Context, result *result, planes []plane, round int) error {
	if s.Apps > 0 {
		for _, plane := range planes {
			pair, err := s.pair(ctx, plane, round)
			if err != nil {
				return fmt.Errorf("%s, repetition %d: %w", plane, round, err)
			}
			result.add(pair)
		}
	}
	if s.Edited > 0 {
		edited, err := s.measureEdited(ctx, fmt.Sprintf("edited-%d", round))
		if err != nil {
			return fmt.Errorf("the edit of an agreement, repetition %d: %w", round, err)
		}
		result.Edited = append(result.Edited, edited)
	}
	return nil
}

// pair measures the operator, and then the plain client with what the operator made.
func (s settings) pair(ctx context.Context, plane plane, round int) (*pair, error) {
	name := fmt.Sprintf("%s-%d", plane, round)
	operator, recipes, err := s.measureOperator(ctx, plane, name)
	if err != nil {
		return nil, err
	}
	fmt.Println(operator.line())
	raw, err := s.measureRaw(ctx, plane, name, recipes)
	if err != nil {
		return nil, err
	}
	fmt.Println(raw.line())
	return &pair{Plane: plane, Operator: operator, Raw: raw}, nil
}

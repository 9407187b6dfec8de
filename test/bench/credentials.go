// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/hack/local"
	"github.com/altinn/serviceowner-operator/test/sandbox"
)

const (
	// strong is what keys of an installation are like, and weak the least that Digdir takes.
	strong, weak = 3072, 2048
	// fewReady is how many keys are made ahead where hardly any are taken at once.
	fewReady = 64
	// maxProvided is how many clients the sandbox's log tells apart while all are looked at: it keeps the latest
	// 10,000 calls.
	maxProvided = 3000
)

// credentialsRun are the figures of Apps that get clients.
type credentialsRun struct {
	// PerSecond is the budget: the most calls to Digdir's self-service.
	PerSecond float64
	// New is what it takes to give them theirs.
	New *providedRun
	// Kept is what it costs to keep what New had made.
	Kept *keptRun
}

func (s *settings) credentialFlags() {
	flag.IntVar(&s.Credentials, "credentials", 1000, "how many Apps get a client at Maskinporten; 0 leaves it out")
	flag.IntVar(&s.Bystanders, "bystanders", 100, "how many Apps without a client are created when half of the others have theirs")
	flag.Float64Var(&s.ClientCalls, "client-calls", 20, "the most calls a second to where clients are registered")
	flag.IntVar(&s.Foreign, "foreign", 5000, "how many Secrets of others are there when the memory is measured again; 0 leaves it out")
	flag.DurationVar(&s.Steady, "steady", 130*time.Second, "how long the operator's memory must stay the same; the runtime collects garbage every two minutes")
	flag.IntVar(&s.Rotated, "rotated", 200, "how many Apps have their keys rotated while their pods use them; 0 leaves it out")
	flag.IntVar(&s.Rotations, "rotations", 10, "how often each key is rotated")
}

func (s settings) checkCredentials() error {
	switch {
	case min(s.Credentials, s.Foreign, s.Rotated) < 0 || s.Credentials > maxProvided:
		return fmt.Errorf("-credentials (up to %d), -foreign and -rotated must be at least 0", maxProvided)
	case min(s.Bystanders, s.Rotations) < 1:
		return errors.New("-bystanders and -rotations must be at least 1")
	case s.ClientCalls <= 0 || s.Steady <= 0:
		return errors.New("-client-calls and -steady must be more than 0")
	}
	return nil
}

// credentials measures what the flags ask for about clients and keys.
func (s settings) credentials(ctx context.Context, result *result) (err error) {
	if s.Credentials > 0 {
		if result.Credentials, err = s.measureCredentials(ctx); err != nil {
			return fmt.Errorf("giving Apps clients: %w", err)
		}
	}
	if s.Rotated > 0 {
		if result.Rotated, err = s.measureRotated(ctx); err != nil {
			return fmt.Errorf("rotating keys: %w", err)
		}
	}
	return nil
}

// digdir says how Digdir's self-service is, and is called.
type digdir struct {
	perSecond           float64
	resync, propagation time.Duration
	// bits are how long keys are, and ready is how many are made ahead.
	bits, ready int
	latency     time.Duration
}

// called is the change that makes an operator call it so, and no registry.
func (d digdir) called(config map[string]any) {
	delete(config, "registry")
	selfService, _ := config["selfService"].(map[string]any)
	if selfService == nil {
		selfService = map[string]any{}
	}
	selfService["callsPerSecond"], selfService["resync"] = d.perSecond, d.resync.String()
	keys, _ := selfService["keys"].(map[string]any)
	if keys == nil {
		keys = map[string]any{}
	}
	keys["bits"], keys["ready"] = d.bits, d.ready
	selfService["keys"], config["selfService"] = keys, selfService
}

// startDigdir starts the sandbox, which knows the fixture's owners, and writes the configuration of an operator
// that has clients registered there.
func (s settings) startDigdir(ctx context.Context, made *fixture, as digdir) (*local.Outside, error) {
	folder := filepath.Join(s.folder, "digdir")
	if err := errors.Join(os.RemoveAll(folder), os.MkdirAll(folder, 0o700)); err != nil {
		return nil, err
	}
	outside, err := local.StartOutside(ctx, local.OutsideOptions{
		Base: s.config, Folder: folder, Organisations: organisations(made.owners), Propagation: as.propagation,
	})
	if err != nil {
		return nil, err
	}
	err = rewrite(outside.Config, outside.Config, as.called)
	if err == nil && as.latency > 0 {
		err = outside.Sandbox.SetFaults(slowness(as.latency))
	}
	if err != nil {
		return nil, errors.Join(err, outside.Stop())
	}
	return outside, nil
}

// selfServiceBase is before all that the budget is for.
const selfServiceBase = "/api/v1/"

// clientCallsOf tells the calls to self-service, by method and what they are for, from all others.
func clientCallsOf(byRoute map[string]int) (selfService tally, others int) {
	selfService = tally{}
	for route, count := range byRoute {
		method, path, _ := strings.Cut(route, " ")
		if what, found := strings.CutPrefix(path, selfServiceBase); found {
			selfService[method+" "+what] += count
		} else {
			others += count
		}
	}
	return selfService, others
}

// keySetsRead is how many clients' key sets have been read since the log was cleared, and when the first call
// of all was made and the last of them was read for the first time. The key set comes last when an operator
// looks at a client.
func keySetsRead(requests []sandbox.Request) (clients int, first, last time.Time) {
	seen := map[string]bool{}
	for _, request := range requests {
		path, found := strings.CutPrefix(request.Path, selfServiceBase)
		if !found {
			continue
		}
		if first.IsZero() {
			first = request.Time
		}
		if request.Method == http.MethodGet && request.Status == http.StatusOK && strings.HasSuffix(path, "/jwks") && !seen[path] {
			seen[path] = true
			last = later(last, request.Time)
		}
	}
	return len(seen), first, last
}

// newProvidedFixture makes Apps that use a shared solution which takes a client at Maskinporten.
func newProvidedFixture(root string, owners, apps int) (*fixture, error) {
	made, err := newFixture(root, owners, apps)
	if err != nil {
		return nil, err
	}
	var sample v1alpha1.App
	if err := readSample(root, "app-income.yaml", &sample); err != nil {
		return nil, err
	}
	used := slices.DeleteFunc(sample.Spec.Integrations, func(i v1alpha1.Integration) bool { return i.Solution != "KRR" })
	for _, app := range made.apps {
		for _, integration := range used {
			app.Spec.Integrations = append(app.Spec.Integrations, *integration.DeepCopy())
		}
	}
	return made, nil
}

// bystanders are Apps of the same owners that use no shared solution.
func bystanders(root, name string, owners, count int) ([]*v1alpha1.App, error) {
	made, err := newFixture(root, owners, count)
	if err != nil {
		return nil, err
	}
	for i, app := range made.apps {
		app.Name = fmt.Sprintf("%s-%04d", name, i)
	}
	return made.apps, nil
}

// hasClient says whether an App has its client, with a key that pods read.
func hasClient(app *v1alpha1.App) bool {
	if len(app.Status.Credentials) == 0 {
		return false
	}
	return !slices.ContainsFunc(app.Status.Credentials, func(c v1alpha1.Credential) bool {
		inUse := slices.ContainsFunc(c.Keys, func(key v1alpha1.CredentialKey) bool { return key.Use == v1alpha1.KeyInUse })
		return c.State != v1alpha1.CredentialRegistered || c.Secret == "" || c.Obstacle != nil || !inUse
	})
}

// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/hack/local"
	"github.com/altinn/serviceowner-operator/test/sandbox"
)

const (
	// latency is what every call to the outside takes at least: without it a call costs less than the wait for
	// the budget, and a caller that makes one call at a time would look as good as one that makes several.
	latency = 20 * time.Millisecond
	// late is a resync that does not come while anything is measured, and soonest the soonest that the
	// configuration allows.
	late, soonest = 24 * time.Hour, time.Minute
)

// startOutside starts the sandbox, which knows the fixture's owners and is slow, and writes the configuration
// of an operator that calls it.
func (s settings) startOutside(ctx context.Context, made *fixture) (*local.Outside, error) {
	folder := filepath.Join(s.folder, "outside")
	if err := errors.Join(os.RemoveAll(folder), os.MkdirAll(folder, 0o700)); err != nil {
		return nil, err
	}
	base := filepath.Join(folder, "base.yaml")
	if err := rewrite(s.config, base, called(s.Calls, late)); err != nil {
		return nil, err
	}
	outside, err := local.StartOutside(ctx, local.OutsideOptions{Base: base, Folder: folder, Organisations: organisations(made.owners)})
	if err != nil {
		return nil, err
	}
	err = rewrite(outside.Config, outside.Config, withoutSelfService) // it would make keys that nobody wants
	if err == nil {
		err = outside.Sandbox.SetFaults(slowness(latency))
	}
	if err != nil {
		return nil, errors.Join(err, outside.Stop())
	}
	return outside, nil
}

// organisations are the service owners as the outside knows them.
func organisations(owners []*v1alpha1.ServiceOwner) []sandbox.Organisation {
	known := make([]sandbox.Organisation, 0, len(owners))
	for _, owner := range owners {
		known = append(known, sandbox.Organisation{
			Code: owner.Name, Number: string(owner.Spec.OrganizationNumber), Names: map[string]string{"nb": owner.Name},
		})
	}
	return known
}

// rewrite writes a configuration of the operator's to another file, changed.
func rewrite(from, to string, change func(map[string]any)) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return fmt.Errorf("reading the operator's configuration: %w", err)
	}
	config := map[string]any{}
	if err := yaml.UnmarshalStrict(text, &config); err != nil {
		return fmt.Errorf("reading the operator's configuration, %s: %w", from, err)
	}
	change(config)
	if text, err = yaml.Marshal(config); err != nil {
		return fmt.Errorf("writing the operator's configuration: %w", err)
	}
	if err := os.WriteFile(to, text, 0o600); err != nil {
		return fmt.Errorf("writing the operator's configuration: %w", err)
	}
	return nil
}

// unaided leaves out all that others work for: the registry and Digdir's self-service, what gives the tokens for them,
// and what keeps data, whose kinds a plain control plane does not know.
func unaided(config map[string]any) {
	delete(config, "storage")
	delete(config, "registry")
	delete(config, "selfService")
	delete(config, "maskinporten")
}

// withoutSelfService leaves out Digdir's self-service alone.
func withoutSelfService(config map[string]any) { delete(config, "selfService") }

// slowness makes every call to the sandbox take at least so long.
func slowness(least time.Duration) sandbox.Fault {
	return sandbox.Fault{Path: ".*", Kind: sandbox.FaultLatency, LatencyMillis: int(least.Milliseconds())}
}

// called says how the registry is called.
func called(perSecond float64, resync time.Duration) func(map[string]any) {
	return func(config map[string]any) {
		registry, _ := config["registry"].(map[string]any)
		if registry == nil {
			registry = map[string]any{}
		}
		registry["callsPerSecond"], registry["resync"] = perSecond, resync.String()
		config["registry"] = registry
	}
}

// registryBase is before all that the budget is for. Tokens have budgets of their own.
const registryBase = "/resourceregistry/api/v1/"

// callsOf tells the calls to the registry, by method and what they are for, from all others.
func callsOf(byRoute map[string]int) (registry tally, others int) {
	registry = tally{}
	for route, count := range byRoute {
		method, path, _ := strings.Cut(route, " ")
		if what, found := strings.CutPrefix(path, registryBase); found {
			registry[method+" "+what] += count
		} else {
			others += count
		}
	}
	return registry, others
}

// lookedAt is how many Apps the registry has been asked about since its log was cleared, when the last of
// them was asked about for the first time, and when the first call of all was made. The policy comes last when
// an operator looks at what is registered.
func lookedAt(requests []sandbox.Request) (apps int, first, last time.Time) {
	seen := map[string]bool{}
	for _, request := range requests {
		path, found := strings.CutPrefix(request.Path, registryBase)
		if !found {
			continue
		}
		if first.IsZero() {
			first = request.Time
		}
		if request.Method == http.MethodGet && request.Status == http.StatusOK && strings.HasSuffix(path, "/policy") && !seen[path] {
			seen[path] = true
			last = later(last, request.Time)
		}
	}
	return len(seen), first, last
}

// SPDX-License-Identifier: BSD-3-Clause

package credentials

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
	"k8s.io/utils/clock"

	"github.com/altinn/serviceowner-operator/controllers/configuration"
	"github.com/altinn/serviceowner-operator/controllers/internal/external"
	"github.com/altinn/serviceowner-operator/controllers/internal/external/discovery"
	"github.com/altinn/serviceowner-operator/controllers/internal/external/maskinporten"
	"github.com/altinn/serviceowner-operator/controllers/internal/external/selfservice"
)

// remembered is how long is gone by what scopes a service owner was found to have access to.
const remembered = 10 * time.Minute

// Clients are clients of Digdir's self-service, one per service owner. Each asks for tokens on behalf of that
// owner alone, so that no token that is used for one can change, or see, what is another's. They share
// connections, budget and breaker: the self-service is one.
type Clients struct {
	operator *configuration.Operator
	clock    clock.Clock
	signer   maskinporten.Signer
	// Servers tells where tokens are given.
	Servers *discovery.Source

	selfService, maskinporten *external.Client

	mu       sync.Mutex
	byNumber map[string]*OwnerClient
}

// NewClients makes the clients by the operator's configuration, which must name a self-service. tune may
// change how each of the systems is called; nil changes nothing.
func NewClients(operator *configuration.Operator, clk clock.Clock, signer maskinporten.Signer, tune func(*external.Config)) (*Clients, error) {
	c := &Clients{operator: operator, clock: clk, signer: signer, byNumber: map[string]*OwnerClient{}}
	var err error
	if c.Servers, err = discovery.New(tuned("Authorization servers", clk, tune)); err != nil {
		return nil, fmt.Errorf("preparing calls to authorization servers: %w", err)
	}
	for _, system := range []struct {
		name string
		made **external.Client
	}{
		{"Digdir self-service", &c.selfService}, {"Maskinporten for self-service", &c.maskinporten},
	} {
		config := tuned(system.name, clk, nil)
		if system.made == &c.selfService {
			perSecond := operator.SelfService.CallsPerSecond
			config.Budget = external.Budget{PerSecond: perSecond, Burst: max(1, int(perSecond/2))}
		}
		if tune != nil {
			tune(&config)
		}
		if *system.made, err = external.New(config); err != nil {
			return nil, fmt.Errorf("preparing calls to %s: %w", system.name, err)
		}
	}
	return c, nil
}

// tuned is how a system is called.
func tuned(system string, clk clock.Clock, tune func(*external.Config)) external.Config {
	config := external.Defaults(system, clk)
	if tune != nil {
		tune(&config)
	}
	return config
}

// OwnerClient is the self-service as one service owner may use it, and what it is known to have access to.
type OwnerClient struct {
	*selfservice.API

	clock   clock.PassiveClock
	flights singleflight.Group
	mu      sync.Mutex
	known   map[string]bool
	until   time.Time
}

// For gives the client that speaks for a service owner, by its organisation number.
func (c *Clients) For(number string) (*OwnerClient, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if known := c.byNumber[number]; known != nil {
		return known, nil
	}
	config := maskinporten.Config{
		Clock: c.clock, Issuer: c.operator.Maskinporten.Issuer, ClientID: c.operator.Maskinporten.ClientID, Consumer: number, Signer: c.signer,
	}
	if number == string(c.operator.Maskinporten.OrganizationNumber) {
		config.Consumer = "" // one does not delegate to oneself
	}
	tokens, err := maskinporten.NewSource(config, c.maskinporten, nil)
	if err != nil {
		return nil, err
	}
	api, err := selfservice.New(strings.TrimRight(c.operator.SelfService.URL, "/"), c.selfService, tokens)
	if err != nil {
		return nil, err
	}
	c.byNumber[number] = &OwnerClient{API: api, clock: c.clock}
	return c.byNumber[number], nil
}

// accessible tells which scopes the service owner's clients can have: its own, those open to
// all, and those it was given access to. What is known is good for a while, and is asked for by one for all who wait.
func (o *OwnerClient) accessible(ctx context.Context) (map[string]bool, error) {
	if known := o.fromKnown(); known != nil {
		return known, nil
	}
	asked, err, _ := o.flights.Do("", func() (any, error) {
		if known := o.fromKnown(); known != nil {
			return known, nil
		}
		known := map[string]bool{}
		for _, ask := range []func(context.Context) ([]string, error){o.Open, o.Own, o.Granted} {
			names, err := ask(ctx)
			if err != nil {
				return nil, err
			}
			for _, name := range names {
				known[name] = true
			}
		}
		o.mu.Lock()
		defer o.mu.Unlock()
		o.known, o.until = known, o.clock.Now().Add(remembered)
		return known, nil
	})
	known, _ := asked.(map[string]bool)
	return known, err
}

func (o *OwnerClient) fromKnown() map[string]bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.clock.Now().Before(o.until) {
		return o.known
	}
	return nil
}

// forget makes the scopes be asked for anew, since what was known proved wrong.
func (o *OwnerClient) forget() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.until = time.Time{}
}

// SPDX-License-Identifier: BSD-3-Clause

package registration

import (
	"fmt"
	"strings"
	"sync"

	"k8s.io/utils/clock"

	"github.com/altinn/serviceowner-operator/controllers/configuration"
	"github.com/altinn/serviceowner-operator/controllers/internal/external"
	"github.com/altinn/serviceowner-operator/controllers/internal/external/maskinporten"
	"github.com/altinn/serviceowner-operator/controllers/internal/external/registry"
)

// exchangePath is where Altinn takes Maskinporten's tokens for its own (Altinn authentication API).
const exchangePath = "/authentication/api/v1/exchange/maskinporten"

// Clients are clients of the registry, one per service owner. Each asks for tokens on behalf of that
// owner alone, which has delegated this to the platform in Altinn, so that no token that is used for one
// owner can write what is another's. They share connections, budget and breaker: the registry is one.
type Clients struct {
	operator *configuration.Operator
	clock    clock.Clock
	signer   maskinporten.Signer

	registry, maskinporten, exchange *external.Client

	mu       sync.Mutex
	byNumber map[string]*registry.Client
}

// NewClients makes the clients by the operator's configuration, which must name a registry. tune may
// change how each of the systems is called; nil changes nothing.
func NewClients(operator *configuration.Operator, clk clock.Clock, signer maskinporten.Signer, tune func(*external.Config)) (*Clients, error) {
	c := &Clients{operator: operator, clock: clk, byNumber: map[string]*registry.Client{}, signer: signer}
	for _, system := range []struct {
		name string
		made **external.Client
	}{
		{"Resource Registry", &c.registry}, {"Maskinporten", &c.maskinporten}, {"Altinn authentication", &c.exchange},
	} {
		config := external.Defaults(system.name, clk)
		if system.made == &c.registry {
			config.Budget = budget(operator.Registry.CallsPerSecond)
		}
		if tune != nil {
			tune(&config)
		}
		var err error
		if *system.made, err = external.New(config); err != nil {
			return nil, fmt.Errorf("preparing calls to %s: %w", system.name, err)
		}
	}
	return c, nil
}

// budget lets half a second's calls be made at once.
func budget(perSecond float64) external.Budget {
	return external.Budget{PerSecond: perSecond, Burst: max(1, int(perSecond/2))}
}

// For gives the client that speaks for a service owner, by its organisation number.
func (c *Clients) For(number string) (*registry.Client, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if known := c.byNumber[number]; known != nil {
		return known, nil
	}
	platform := strings.TrimRight(c.operator.Registry.URL, "/")
	config := maskinporten.Config{
		Clock: c.clock, Issuer: c.operator.Maskinporten.Issuer, ExchangeURL: platform + exchangePath,
		ClientID: c.operator.Maskinporten.ClientID, Consumer: number, Signer: c.signer,
	}
	if number == string(c.operator.Maskinporten.OrganizationNumber) {
		config.Consumer = "" // one does not delegate to oneself
	}
	tokens, err := maskinporten.NewSource(config, c.maskinporten, c.exchange)
	if err != nil {
		return nil, err
	}
	made, err := registry.New(platform, c.registry, tokens)
	if err != nil {
		return nil, err
	}
	c.byNumber[number] = made
	return made, nil
}

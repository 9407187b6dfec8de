// SPDX-License-Identifier: BSD-3-Clause

package local

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"sigs.k8s.io/yaml"

	"github.com/altinn/serviceowner-operator/controllers/configuration"
	"github.com/altinn/serviceowner-operator/test/sandbox"
)

// operatorClient is how Maskinporten knows the operator: as a client of Digdir's.
const operatorClient = "operator"

// operatorScopes are what registering Apps and consents, clients and scopes takes.
var operatorScopes = []string{
	"idporten:dcr.read",
	"idporten:dcr.modify",
	"idporten:dcr.write",
	"idporten:dcr.supplier",
	"idporten:scopes.write",
	"altinn:resourceregistry/resource.write",
	"altinn:resourceregistry/accesslist.read",
	"altinn:resourceregistry/accesslist.write",
}

// keysReady is how many keys the operator makes ahead: a trial has few Apps, and the thousand that an installation keeps
// ready would take half a processor for minutes from all that runs beside it.
const keysReady = 16

const (
	headerTimeout = 5 * time.Second
	// callTimeout is longer than a client waits, also for a call that a test makes slow.
	callTimeout = time.Minute
)

// OutsideOptions say what the operator finds outside its cluster.
type OutsideOptions struct {
	// Base is a configuration of the operator's. Where it calls to, and how many keys it makes ahead, is set by Outside; the rest
	// stays.
	Base string
	// Folder is where the configuration and the operator's key are written. It must be there.
	Folder string
	// State is a file that keeps what is registered from one start to the next. Without a name it is in memory only.
	State string
	// Organisations are there beside those of the sandbox's demonstration; one with a code that is there takes its place.
	// Those with a code have delegated to the operator.
	Organisations []sandbox.Organisation
	// Propagation is how long Maskinporten is behind Digdir's self-service.
	Propagation time.Duration
	// Scopes are what the operator may ask for, beside what it needs.
	Scopes []string
}

// Outside is Altinn and Maskinporten, played by a sandbox in this process that only this machine reaches, and that
// knows the operator.
type Outside struct {
	// BaseURL is where it is reached, without a slash at the end.
	BaseURL string
	// Sandbox is for looking into it, and for faults.
	Sandbox *sandbox.Server
	// Config is the file for an operator that is to call it.
	Config string

	stop func() error
}

// StartOutside starts it. ctx bounds the start only: Stop ends it.
func StartOutside(ctx context.Context, options OutsideOptions) (*Outside, error) {
	var network net.ListenConfig
	listener, err := network.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listening for the sandbox: %w", err)
	}
	outside, err := prepare(options, "http://"+listener.Addr().String())
	if err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	outside.serve(listener)
	return outside, nil
}

// Stop ends the calls that are under way, and writes the state a last time. Further calls of Stop change nothing.
func (o *Outside) Stop() error { return o.stop() }

// prepare writes the files and makes the sandbox.
func prepare(options OutsideOptions, baseURL string) (*Outside, error) {
	folder, err := filepath.Abs(options.Folder) // the operator does not share our working directory
	if err != nil {
		return nil, fmt.Errorf("finding the folder of the operator's key: %w", err)
	}
	keyFile := filepath.Join(folder, "operator.jwk")
	public, err := writeKey(keyFile)
	if err != nil {
		return nil, err
	}
	outside := &Outside{BaseURL: baseURL, Config: filepath.Join(folder, "operator.yaml")}
	if err := options.writeConfig(outside.Config, baseURL, keyFile); err != nil {
		return nil, err
	}
	if outside.Sandbox, err = sandbox.New(options.world(baseURL, public)); err != nil {
		return nil, fmt.Errorf("making the sandbox: %w", err)
	}
	return outside, nil
}

// world is the sandbox's demonstration, with what was asked for and the operator as a client.
func (o OutsideOptions) world(baseURL string, public jose.JSONWebKey) sandbox.Options {
	world := sandbox.Demo()
	world.BaseURL, world.StateFile, world.Propagation = baseURL, o.State, o.Propagation
	world.Organisations = append(world.Organisations, o.Organisations...)
	world.Clients = []sandbox.Client{{
		ID:           operatorClient,
		Organisation: sandbox.DigdirNumber,
		Keys:         []sandbox.Key{{JWK: public, Expires: time.Now().AddDate(1, 0, 0)}},
		Scopes:       slices.Concat(operatorScopes, o.Scopes),
		Represents:   delegators(world.Organisations),
	}}
	return world
}

// delegators are the numbers of all service owners but the operator's own organisation, which needs nobody's leave.
func delegators(organisations []sandbox.Organisation) []string {
	var numbers []string
	for _, organisation := range organisations {
		if organisation.Code != "" && organisation.Number != sandbox.DigdirNumber {
			numbers = append(numbers, organisation.Number)
		}
	}
	slices.Sort(numbers)
	return slices.Compact(numbers)
}

// writeConfig completes a configuration. Beside the addresses and how many keys are made ahead, the base may say how the
// systems are called.
func (o OutsideOptions) writeConfig(path, baseURL, keyFile string) error {
	text, err := os.ReadFile(o.Base)
	if err != nil {
		return fmt.Errorf("reading the configuration to complete: %w", err)
	}
	var config map[string]any
	if err := yaml.UnmarshalStrict(text, &config); err != nil {
		return fmt.Errorf("reading the configuration to complete, %s: %w", o.Base, err)
	}
	if config == nil {
		return fmt.Errorf("reading the configuration to complete, %s: it is empty", o.Base)
	}
	block(config, "registry")["url"] = baseURL
	selfService := block(config, "selfService")
	selfService["url"] = baseURL
	selfService["propagation"] = o.Propagation.String()
	block(selfService, "keys")["ready"] = keysReady
	for solution, path := range map[string]string{"IDPorten": "/idporten", "Ansattporten": "/ansattporten"} {
		block(block(config, "catalogue"), solution)["issuer"] = baseURL + path
	}
	config["maskinporten"] = configuration.Maskinporten{
		Issuer: baseURL + "/", ClientID: operatorClient, OrganizationNumber: sandbox.DigdirNumber, KeyFile: keyFile,
	}
	if text, err = yaml.Marshal(config); err != nil {
		return fmt.Errorf("writing the operator's configuration: %w", err)
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		return fmt.Errorf("writing the operator's configuration: %w", err)
	}
	return nil
}

// block is a part of a configuration that has keys; it is made when it is not there.
func block(of map[string]any, key string) map[string]any {
	part, _ := of[key].(map[string]any)
	if part == nil {
		part = map[string]any{}
		of[key] = part
	}
	return part
}

func (o *Outside) serve(listener net.Listener) {
	web := &http.Server{
		Handler:           o.Sandbox,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       callTimeout,
		WriteTimeout:      callTimeout,
		IdleTimeout:       callTimeout,
	}
	ended := make(chan error, 1)
	go func() { ended <- web.Serve(listener) }()
	o.stop = sync.OnceValue(func() error {
		ctx, cancel := context.WithTimeout(context.Background(), gracePeriod)
		defer cancel()
		var failed error
		if web.Shutdown(ctx) != nil { // a call that takes longer is cut off
			failed = web.Close()
		}
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
			failed = errors.Join(failed, fmt.Errorf("serving the sandbox: %w", err))
		}
		return errors.Join(failed, o.Sandbox.Close())
	})
}

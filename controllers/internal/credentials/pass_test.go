// SPDX-License-Identifier: BSD-3-Clause

package credentials

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
	"github.com/altinn/serviceowner-operator/controllers/internal/external/selfservice"
	"github.com/altinn/serviceowner-operator/test/sandbox"
)

// app reads the App; nil when it is gone.
func (w *world) app() *v1alpha1.App {
	w.t.Helper()
	app := &v1alpha1.App{}
	err := w.api.Get(w.t.Context(), client.ObjectKey{Namespace: "so-skd", Name: "income"}, app)
	w.must(client.IgnoreNotFound(err))
	if err != nil {
		return nil
	}
	return app
}

// pass runs one pass, as the queue would.
func (w *world) pass() (reconcile.Result, error) {
	w.t.Helper()
	result, err := w.reconciler.AsReconciler().Reconcile(w.t.Context(), reconcile.Request{NamespacedName: client.ObjectKey{Namespace: "so-skd", Name: "income"}})
	if err != nil {
		w.said = append(w.said, err.Error())
	}
	if app := w.app(); app != nil {
		w.said = append(w.said, written(app.Status))
	}
	return result, err
}

// settle lets the operator, the App's own controller and the kubelet go on, one step each at a time, until nothing
// is left to do. After each round, whoever wants to may look.
func (w *world) settle(looks ...func()) {
	w.t.Helper()
	for range 60 {
		result, err := w.pass()
		busy := w.deploy()
		busy = w.kubelet() || busy
		for _, look := range looks {
			look()
		}
		quiet := err == nil && (result.RequeueAfter == 0 || result.RequeueAfter >= slowly)
		next := w.verdict().NextCheck.Sub(w.clock.Now()) // what the App's own controller waits for
		awaited := next > 0 && next < remembered
		switch {
		case busy:
		case quiet && !awaited:
			return
		case quiet:
			w.clock.Step(next)
		default:
			w.clock.Step(max(result.RequeueAfter, time.Second))
		}
	}
	w.t.Fatalf("it does not settle: %s\n%s", written(w.app()), strings.Join(w.newEvents(), "\n"))
}

// later lets time go by, as the queue would with its own looks between.
func (w *world) later(wait time.Duration) {
	w.t.Helper()
	w.clock.Step(wait)
	w.settle()
}

func written(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// newEvents returns the events since the last call, one line each.
func (w *world) newEvents() (lines []string) {
	for {
		select {
		case line := <-w.events.Events:
			lines = append(lines, line)
		default:
			w.said = append(w.said, lines...)
			return lines
		}
	}
}

// record is what is on record of a client.
func (w *world) record(of v1alpha1.ClientType) v1alpha1.Credential {
	w.t.Helper()
	record := Find(w.app().Status.Credentials, of)
	if record == nil {
		w.t.Fatalf("nothing is on record of the client at %s: %s", of, written(w.app().Status))
	}
	return *record
}

// secrets are the names of those with keys.
func (w *world) secrets() (names []string) {
	w.t.Helper()
	var list corev1.SecretList
	w.must(w.api.List(w.t.Context(), &list))
	for i := range list.Items {
		names = append(names, list.Items[i].Name)
	}
	return names
}

// secret reads one.
func (w *world) secret(name string) *corev1.Secret {
	w.t.Helper()
	secret := &corev1.Secret{}
	w.must(w.api.Get(w.t.Context(), client.ObjectKey{Namespace: "so-skd", Name: name}, secret))
	return secret
}

func hasID(kid string) func(sandbox.RegisteredKey) bool {
	return func(key sandbox.RegisteredKey) bool { return key.ID == kid }
}

// client is a client as the self-service has it.
func (w *world) client(id string) sandbox.RegisteredClient {
	w.t.Helper()
	for _, c := range w.sandbox.Clients() {
		if c.ID == id {
			return c
		}
	}
	w.t.Fatalf("there is no client %q", id)
	return sandbox.RegisteredClient{}
}

// of is the client of a type as it is on record.
func (w *world) of(client v1alpha1.ClientType) sandbox.RegisteredClient {
	w.t.Helper()
	return w.client(w.record(client).ClientID)
}

// active are the clients that are, and what they are called by people.
func (w *world) active() (found []sandbox.RegisteredClient) {
	for _, c := range w.sandbox.Clients() {
		if c.Active {
			found = append(found, c)
		}
	}
	return found
}

// consumers are the organisations that have access to a scope, and active says whether it is one still.
func (w *world) consumers(scope string) (numbers []string, active bool) {
	for _, access := range w.sandbox.Accesses() {
		if access.Scope == scope && access.State == selfservice.StateApproved {
			numbers = append(numbers, access.Consumer)
		}
	}
	for _, registered := range w.sandbox.Scopes() {
		active = active || registered.Name == scope && registered.Active
	}
	return numbers, active
}

// verdict is what people are told.
func (w *world) verdict() decide.Verdict {
	w.t.Helper()
	var verdict decide.Verdict
	if app := w.app(); app != nil && app.DeletionTimestamp == nil {
		Judge(&verdict, &app.Status, w.plan, Instant{Now: w.clock.Now(), Propagation: behind})
	}
	return verdict
}

// ready says whether CredentialsReady is True.
func (w *world) ready() bool {
	w.t.Helper()
	verdict := w.verdict()
	return len(verdict.Affirmed) > 0 && len(verdict.Findings)+len(verdict.Outstanding) == 0
}

// reasons are those of what is found to be in the way.
func (w *world) reasons() (reasons []string) {
	w.t.Helper()
	for _, finding := range w.verdict().Findings {
		reasons = append(reasons, finding.Reason)
	}
	return reasons
}

// differs says how what is outside differs from what is planned; empty when it does not.
func (w *world) differs() string {
	w.t.Helper()
	app := w.app()
	switch {
	case app == nil && len(w.active()) > 0:
		return "the App is gone and has active clients"
	case app == nil:
		return w.scopesDiffer(nil)
	case w.plan.Action == Revoke:
		for _, c := range w.active() {
			if len(c.Keys) > 0 {
				return "a client of an App that is out of service has keys"
			}
		}
		return ""
	}
	for _, want := range w.plan.Clients {
		if differs := w.clientDiffers(app, want); differs != "" {
			return fmt.Sprintf("the client at %s %s", want.Type, differs)
		}
	}
	return w.scopesDiffer(w.plan.Scopes)
}

func (w *world) clientDiffers(app *v1alpha1.App, want Client) string {
	w.t.Helper()
	record := Find(app.Status.Credentials, want.Type)
	if record == nil || record.ClientID == "" {
		return "is not on record"
	}
	stands := w.client(record.ClientID)
	granted := slices.DeleteFunc(slices.Clone(want.Scopes), func(scope string) bool { return slices.Contains(w.ungranted, scope) })
	switch {
	case !stands.Active:
		return "is deactivated"
	case !sameSet(stands.Scopes, granted) || !sameSet(record.Scopes, granted):
		return fmt.Sprintf("has the scopes %v", stands.Scopes)
	case !sameSet(stands.RedirectURIs, want.RedirectURIs) || want.Type == v1alpha1.ClientIDPorten && stands.SSODisabled == want.SingleSignOn:
		return fmt.Sprintf("sends users to %v", stands.RedirectURIs)
	case stands.Description != want.Marker || stands.Name != want.Name || stands.IntegrationType != want.kindOf():
		return "is another"
	case record.Secret == "":
		return "has no Secret"
	}
	secret := &corev1.Secret{}
	if err := w.api.Get(w.t.Context(), client.ObjectKey{Namespace: "so-skd", Name: record.Secret}, secret); err != nil {
		return "has a Secret that is not there"
	}
	h := w.holding(secret)
	if h.clientID != record.ClientID || !slices.ContainsFunc(stands.Keys, hasID(h.key.KeyID)) {
		return "does not know the key in use"
	}
	if said := string(secret.Data[strings.ToUpper(string(want.Type))+"_SCOPES"]); said != strings.Join(granted, " ") {
		return "has pods that read of the scopes " + said
	}
	return ""
}

// scopesDiffer says how the scopes differ from those wanted. No other of the service owner's prefix is active.
func (w *world) scopesDiffer(want []Scope) string {
	for _, registered := range w.sandbox.Scopes() {
		known := slices.ContainsFunc(want, func(s Scope) bool { return s.Name == registered.Name })
		if registered.Active && strings.HasPrefix(registered.Name, "skd:") && !known {
			return "scope " + registered.Name + " is active"
		}
	}
	for _, scope := range want {
		has, active := w.consumers(scope.Name)
		if !active || !sameSet(has, scope.Consumers) {
			return fmt.Sprintf("scope %s is active: %v, of %v", scope.Name, active, has)
		}
	}
	return ""
}

// restless says what is left over where nothing is left to do; empty when nothing is.
func (w *world) restless() string {
	w.t.Helper()
	if differs := w.differs(); differs != "" {
		return differs
	}
	app, secrets, ids := w.app(), map[string]bool{}, map[string]bool{}
	if app == nil {
		return ""
	}
	for _, record := range app.Status.Credentials {
		if record.Obstacle != nil || record.ReplacedClientID != "" {
			return "something is in the way: " + written(record)
		}
		ids[record.ClientID] = true
		if keys := w.client(record.ClientID).Keys; w.plan.Action == Provide && (len(keys) != 1 || len(record.Keys) != 1 || keys[0].ID != record.Keys[0].KeyID) {
			return fmt.Sprintf("the client at %s has %d keys, and on record are %s", record.Client, len(keys), written(record.Keys))
		}
		if record.Secret != "" {
			secrets[record.Secret] = true
		}
	}
	for _, c := range w.active() {
		if !ids[c.ID] {
			return "client " + c.ID + " is nobody's"
		}
	}
	if wanted := slices.Collect(maps.Keys(secrets)); !sameSet(w.secrets(), wanted) {
		return fmt.Sprintf("there are the Secrets %v, and in use are %v", w.secrets(), wanted)
	}
	for _, p := range w.pods {
		if p.template != strings.Join(slices.Sorted(maps.Keys(secrets)), ",") && len(secrets) < 2 {
			return fmt.Sprintf("pod %s reads %s, and in use are %v", p.name, p.template, secrets)
		}
	}
	return ""
}

// wantRest wants everything to be as planned, nothing left over, and people to be told so.
func (w *world) wantRest() {
	w.t.Helper()
	if restless := w.restless(); restless != "" {
		w.t.Fatal(restless)
	}
	if w.app() != nil && !w.ready() && len(w.plan.Clients)+len(w.plan.Scopes) > 0 {
		w.t.Fatalf("all is as declared, and that is what people are told: %s", written(w.verdict()))
	}
	w.wantNoSecrets()
}

// wantNoSecrets wants nothing that was said to hold a token, a key or a query.
func (w *world) wantNoSecrets() {
	w.t.Helper()
	w.newEvents()
	secrets := []string{`"d":`, "eyJ", "assertion=", "Bearer", "?", "BEGIN"}
	for token := range w.wire.tokens {
		secrets = append(secrets, token)
	}
	for _, key := range stock()[:w.shelf.given+1] {
		secrets = append(secrets, encoded(key.D), encoded(key.Primes[0]), encoded(key.Primes[1]))
	}
	for _, text := range w.said {
		for _, secret := range secrets {
			if strings.Contains(text, secret) {
				w.t.Fatalf("what must not be seen is in: %s", text)
			}
		}
	}
}

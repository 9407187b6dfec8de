// SPDX-License-Identifier: BSD-3-Clause

package app

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/catalogue"
	"github.com/altinn/serviceowner-operator/controllers/internal/credentials"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
)

// loginPath is where users come back to, below an App's own path, when it declares nothing else: the usual
// one of the framework that Altinn's apps are made with.
const loginPath = "/signin-oidc"

// credentialsOf are the clients and scopes an App is to have, with the spec to go by. What is held before
// anything was admitted has none, and what an App that is out of service has is revoked.
func credentialsOf(app *v1alpha1.App, facts Facts, action decide.Action) credentials.Plan {
	plan := credentials.Plan{
		Action: credentials.Leave, Owner: credentials.Owner{Code: codeOf(app)},
		Rotate: app.Annotations[v1alpha1.AnnotationRotateKeys], Revoke: app.Annotations[v1alpha1.AnnotationRevokeKeys],
	}
	switch {
	case action == decide.ActionWithdraw:
		plan.Action = credentials.Revoke
	case facts.Owner != nil && (action == decide.ActionAdmit || action == decide.ActionKeep):
		plan.Action = credentials.Provide
		plan.Owner.Number = string(facts.Owner.Spec.OrganizationNumber)
		plan.Clients = clientsOf(app, facts)
		plan.Scopes = scopesOf(app, facts)
	}
	return plan
}

// clientsOf are the clients that an App's integrations need: one of a type, with the scopes of all that use it.
// A client for Maskinporten without any scope could get no token, and is left out.
func clientsOf(app *v1alpha1.App, facts Facts) []credentials.Client {
	byType := map[v1alpha1.ClientType]*credentials.Client{}
	for _, integration := range app.Spec.Integrations {
		entry := facts.Operator.Solution(integration.Solution)
		if entry.Client == "" {
			continue
		}
		client := byType[entry.Client]
		if client == nil {
			client = newClient(app, facts, entry.Client)
			byType[entry.Client] = client
		}
		for _, scope := range scopesFor(integration, entry) {
			client.Scopes = append(client.Scopes, string(scope))
		}
		if entry.Client != v1alpha1.ClientMaskinporten {
			client.RedirectURIs = redirectURIs(app, facts, integration)
			client.SingleSignOn = integration.SingleSignOn == nil || *integration.SingleSignOn
		}
	}
	var clients []credentials.Client
	for _, of := range slices.Sorted(maps.Keys(byType)) {
		client := byType[of]
		client.Scopes = slices.Compact(slices.Sorted(slices.Values(client.Scopes)))
		if len(client.Scopes) > 0 {
			clients = append(clients, *client)
		}
	}
	return clients
}

func newClient(app *v1alpha1.App, facts Facts, of v1alpha1.ClientType) *credentials.Client {
	server := facts.Operator.Solution(v1alpha1.Solution(of))
	return &credentials.Client{
		Type: of, Name: strings.Join([]string{codeOf(app), facts.Operator.Environment.Name, app.Name}, "-"),
		Marker: credentials.Marker(app, of), Issuer: server.Issuer, WellKnown: server.WellKnown(),
	}
}

// scopesFor are the scopes an integration asks for: those declared, and else the solution's own. To log
// users in, the solution's own are always needed.
func scopesFor(integration v1alpha1.Integration, entry catalogue.Entry) []v1alpha1.Scope {
	if entry.Client != v1alpha1.ClientMaskinporten {
		return slices.Concat(entry.Scopes, integration.Scopes)
	}
	if len(integration.Scopes) > 0 {
		return integration.Scopes
	}
	return entry.Scopes
}

// redirectURIs are where users come back to after logging in. They lie on the App's own host and below its
// own path: another App's code must not be where users of this one are sent with a code in their hands.
func redirectURIs(app *v1alpha1.App, facts Facts, integration v1alpha1.Integration) []string {
	paths := integration.RedirectPaths
	if len(paths) == 0 {
		paths = []v1alpha1.AbsolutePath{loginPath}
	}
	var uris []string
	for _, path := range paths {
		below := strings.TrimSuffix(pathOf(app), "/")
		if strings.HasPrefix(string(path), below+"/") {
			below = ""
		}
		uris = append(uris, "https://"+hostOf(app, facts.Operator)+below+string(path))
	}
	slices.Sort(uris)
	return slices.Compact(uris)
}

// scopesOf are the scopes an App guards its API with. Access to one has who is declared, and who may ask for
// a published consent whose data is fetched with it: without, the consent would open nothing.
func scopesOf(app *v1alpha1.App, facts Facts) []credentials.Scope {
	var scopes []credentials.Scope
	for _, integration := range app.Spec.Integrations {
		for _, exposed := range integration.Exposes {
			scope := credentials.Scope{Name: codeOf(app) + ":" + exposed.Name, Description: string(exposed.Description)}
			consumers := map[string]bool{}
			if exposed.Consumers != nil {
				scope.AnyOrganization = exposed.Consumers.AnyOrganization
				for _, number := range exposed.Consumers.Organizations {
					consumers[number] = true
				}
			}
			for i := range facts.Consents {
				if spec := &facts.Consents[i].Spec; opens(&facts.Consents[i], exposed.Name) {
					scope.AnyOrganization = scope.AnyOrganization || spec.Requesters.AnyOrganization
					for _, number := range spec.Requesters.Organizations {
						consumers[string(number)] = true
					}
				}
			}
			if !scope.AnyOrganization {
				scope.Consumers = slices.Sorted(maps.Keys(consumers))
			}
			scope.TakenBy = takenBy(app, exposed.Name, facts.SameScopes)
			scopes = append(scopes, scope)
		}
	}
	slices.SortFunc(scopes, func(a, b credentials.Scope) int { return cmp.Compare(a.Name, b.Name) })
	return scopes
}

// opens says whether a consent can be asked for whose data is fetched with a scope.
func opens(consent *v1alpha1.ConsentResource, exposed string) bool {
	_, name, _ := strings.Cut(string(consent.Spec.DataSource.Scope), ":")
	record := consent.Status.Registration
	return name == exposed && consent.Spec.State == v1alpha1.ConsentPublished && consent.DeletionTimestamp == nil &&
		record != nil && record.State == v1alpha1.RegistrationRegistered
}

// takenBy is the oldest other App that exposes a scope and is older than this one; empty when there is none.
func takenBy(app *v1alpha1.App, exposed string, others []v1alpha1.App) string {
	holder := app
	for i := range others {
		if exposes(&others[i], exposed) && older(&others[i], holder) {
			holder = &others[i]
		}
	}
	if holder == app {
		return ""
	}
	return holder.Name
}

func exposes(app *v1alpha1.App, name string) bool {
	return slices.Contains(exposedBy(app), name)
}

// exposedBy are the names, without prefix, of the scopes an App guards its API with.
func exposedBy(app *v1alpha1.App) (names []string) {
	for _, integration := range app.Spec.Integrations {
		for _, exposed := range integration.Exposes {
			names = append(names, exposed.Name)
		}
	}
	return names
}

// credentialed adds to a verdict what is on record of the App's credentials.
func credentialed(verdict *decide.Verdict, facts Facts) {
	app := wantedOf(facts.App, facts, verdict.Action).app
	plan := credentialsOf(app, facts, verdict.Action)
	credentials.Judge(verdict, &facts.App.Status, plan, credentials.Instant{
		Now: facts.Now, Propagation: facts.Operator.SelfService.Propagation.Duration,
	})
	if awaitsKeys(app, facts, verdict.Action) {
		verdict.Outstanding = append(verdict.Outstanding, decide.Outstanding{
			Part: v1alpha1.ConditionAvailable, Status: "False", Reason: v1alpha1.ReasonProgressing,
			Message: "Under way: pods start as soon as there are the keys they read",
		})
	}
}

// awaitsKeys says whether an App without pods, since it is new or comes back, still lacks a key they are to read.
// One that has pods goes on without waiting: an outage of Digdir's self-service delays no rollout.
func awaitsKeys(app *v1alpha1.App, facts Facts, action decide.Action) bool {
	if facts.Operator.SelfService == nil || action == decide.ActionWithdraw {
		return false
	}
	had := hasDeployment(facts.App)
	return slices.ContainsFunc(clientsOf(app, facts), func(client credentials.Client) bool {
		record := credentials.Find(facts.App.Status.Credentials, client.Type)
		if record != nil && record.State == v1alpha1.CredentialRevoked {
			return true
		}
		return !had && (record == nil || record.Secret == "")
	})
}

func hasDeployment(app *v1alpha1.App) bool {
	return slices.ContainsFunc(app.Status.Children, func(child v1alpha1.Child) bool { return child.Kind == "Deployment" })
}

// key is a Secret with a key that pods read.
type key struct {
	client v1alpha1.ClientType
	secret string
}

// keysOf are the Secrets with keys that an App's pods read. Those of an App that is out of service read none.
func keysOf(app *v1alpha1.App, facts Facts, action decide.Action) (keys []key) {
	if facts.Operator.SelfService == nil || action == decide.ActionWithdraw {
		return nil
	}
	for _, client := range clientsOf(app, facts) {
		if record := credentials.Find(facts.App.Status.Credentials, client.Type); record != nil && record.Secret != "" {
			keys = append(keys, key{client: client.Type, secret: record.Secret})
		}
	}
	return keys
}

// secretNames is what a pod template says of the Secrets with keys that its pods read.
func secretNames(keys []key) string {
	names := make([]string, 0, len(keys))
	for _, k := range keys {
		names = append(names, k.secret)
	}
	return strings.Join(names, ",")
}

// keyVariables are the environment variables a pod reads its keys as.
func keyVariables(keys []key) (vars []corev1.EnvVar) {
	for _, k := range keys {
		for _, name := range credentials.Variables(k.client) {
			vars = append(vars, corev1.EnvVar{Name: name, ValueFrom: &corev1.EnvVarSource{SecretKeyRef: &corev1.SecretKeySelector{
				LocalObjectReference: corev1.LocalObjectReference{Name: k.secret}, Key: name,
			}}})
		}
	}
	return vars
}

// SPDX-License-Identifier: BSD-3-Clause

package admission

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
)

// tenants is a group that RBAC lets do anything: what stops it is the policy alone.
const tenants = "skd-developers"

// actor is who asks the API server for something.
type actor struct {
	user   string
	groups []string
}

// Those with the rights that a service owner's people and GitOps really have, in so-skd.
var roles = map[string]actor{
	"an admin of the service owner":   {user: "an-admin", groups: []string{"group-of-serviceowner-admin"}},
	"a deployer of the service owner": {user: "a-deployer", groups: []string{"group-of-serviceowner-deployer"}},
	"a viewer of the service owner":   {user: "a-viewer", groups: []string{"group-of-serviceowner-viewer"}},
	"what deploys for the service owner": {user: "system:serviceaccount:so-skd:deployer",
		groups: []string{"group-of-serviceowner-deployer", "system:serviceaccounts", "system:serviceaccounts:so-skd"}},
}

// Those whom RBAC lets do anything.
var (
	stranger      = actor{user: "developer", groups: []string{tenants}}
	tenantsOwn    = actor{user: "system:serviceaccount:so-skd:deployer", groups: []string{tenants}}
	platform      = actor{user: "engineer", groups: []string{tenants, "serviceowner-operator:platform"}}
	rescuer       = actor{user: "on-call", groups: []string{tenants, "serviceowner-operator:break-glass"}}
	operator      = actor{user: "system:serviceaccount:serviceowner-system:operator", groups: []string{tenants}}
	engine        = actor{user: "system:serviceaccount:azureserviceoperator-system:azureserviceoperator-default", groups: []string{tenants}}
	replicaSets   = actor{user: "system:serviceaccount:kube-system:replicaset-controller", groups: []string{tenants}}
	jobs          = actor{user: "system:serviceaccount:kube-system:job-controller", groups: []string{tenants}}
	spaces        = actor{user: "system:serviceaccount:kube-system:namespace-controller", groups: []string{tenants}}
	quotas        = actor{user: "system:serviceaccount:kube-system:resourcequota-controller", groups: []string{tenants}}
	manager       = actor{user: "system:kube-controller-manager", groups: []string{tenants}}
	kubelet       = actor{user: "system:node:node-0", groups: []string{tenants, "system:nodes"}}
	administrator = actor{user: "administrator", groups: []string{"system:masters"}}
)

// config reaches the API server as the actor.
func (a actor) config() *rest.Config {
	config := rest.CopyConfig(restConfig)
	config.Impersonate = rest.ImpersonationConfig{UserName: a.user, Groups: append(slices.Clone(a.groups), "system:authenticated")}
	return config
}

// clients are those made so far; tests of this package do not run in parallel.
var clients = map[string]dynamic.Interface{}

func (a actor) client() dynamic.Interface {
	key := fmt.Sprint(a)
	if clients[key] == nil {
		clients[key] = dynamic.NewForConfigOrDie(a.config())
	}
	return clients[key]
}

// letActorsIn gives the roles of config/rbac to groups in so-skd, and one group all rights of the cluster.
func letActorsIn(ctx context.Context) error {
	objects, err := readObjects(filepath.Join(moduleRoot, "config/rbac/tenant_roles.yaml"))
	if err != nil {
		return err
	}
	for _, role := range objects {
		if err := create(ctx, role); err != nil {
			return err
		}
		if err := create(ctx, binding("RoleBinding", "so-skd", role.GetName(), "group-of-"+role.GetName())); err != nil {
			return err
		}
	}
	return create(ctx, binding("ClusterRoleBinding", "", "cluster-admin", tenants))
}

func binding(kind, namespace, role, group string) *unstructured.Unstructured {
	object := &unstructured.Unstructured{Object: obj{
		"apiVersion": rbacv1.SchemeGroupVersion.String(), "kind": kind, "metadata": obj{"name": "tests-" + role},
		"roleRef":  obj{"apiGroup": rbacv1.GroupName, "kind": "ClusterRole", "name": role},
		"subjects": []any{obj{"apiGroup": rbacv1.GroupName, "kind": rbacv1.GroupKind, "name": group}},
	}}
	object.SetNamespace(namespace)
	return object
}

// attempt is one request that leaves nothing behind.
type attempt func(ctx context.Context, who actor) error

var dryRun = []string{metav1.DryRunAll}

// creates makes an object, or one under it when a subresource is named.
func creates(plural string, object *unstructured.Unstructured, subresource ...string) attempt {
	return func(ctx context.Context, who actor) error {
		_, err := who.client().Resource(resourceOf(object, plural)).Namespace(object.GetNamespace()).
			Create(ctx, object, metav1.CreateOptions{DryRun: dryRun}, subresource...)
		return err
	}
}

// changes writes an object as it stands, changed, or a subresource of it.
func changes(plural string, object *unstructured.Unstructured, change change, subresource ...string) attempt {
	return func(ctx context.Context, who actor) error {
		found, err := cluster.Resource(resourceOf(object, plural)).Namespace(object.GetNamespace()).Get(ctx, object.GetName(), metav1.GetOptions{})
		if err != nil {
			return err
		}
		edited, err := changed(found, change)
		if err != nil {
			return err
		}
		_, err = who.client().Resource(resourceOf(object, plural)).Namespace(object.GetNamespace()).
			Update(ctx, edited, metav1.UpdateOptions{DryRun: dryRun}, subresource...)
		return err
	}
}

// deletes takes an object away.
func deletes(plural string, object *unstructured.Unstructured) attempt {
	return func(ctx context.Context, who actor) error {
		return who.client().Resource(resourceOf(object, plural)).Namespace(object.GetNamespace()).
			Delete(ctx, object.GetName(), metav1.DeleteOptions{DryRun: dryRun})
	}
}

// enters connects to something, as kubectl exec does. Who may is told that nothing answers: no node is there.
func enters(path string) attempt {
	return func(ctx context.Context, who actor) error {
		config := who.config()
		config.GroupVersion, config.NegotiatedSerializer = &schema.GroupVersion{Version: "v1"}, scheme.Codecs.WithoutConversion()
		config.APIPath = "/api"
		client, err := rest.RESTClientFor(config)
		if err != nil {
			return err
		}
		if err = client.Post().RequestURI("/api/v1/namespaces/so-skd/" + path).Do(ctx).Error(); apierrors.IsForbidden(err) {
			return err
		}
		return nil
	}
}

// asksForToken asks for a token of a ServiceAccount, for Azure.
func asksForToken(account string) attempt {
	return func(ctx context.Context, who actor) error {
		request := object("authentication.k8s.io/v1", "TokenRequest", account, set("spec.audiences", list{"api://AzureADTokenExchange"}))
		_, err := who.client().Resource(schema.GroupVersionResource{Version: "v1", Resource: "serviceaccounts"}).Namespace("so-skd").
			Create(ctx, request, metav1.CreateOptions{DryRun: dryRun}, "token")
		return err
	}
}

func resourceOf(object *unstructured.Unstructured, plural string) schema.GroupVersionResource {
	return object.GroupVersionKind().GroupVersion().WithResource(plural)
}

// object is one of any kind in so-skd.
func object(apiVersion, kind, name string, changes ...change) *unstructured.Unstructured {
	made := &unstructured.Unstructured{Object: obj{"apiVersion": apiVersion, "kind": kind, "metadata": obj{"name": name, "namespace": "so-skd"}}}
	made, err := changed(made, changes...)
	if err != nil {
		panic(err)
	}
	return made
}

// standing makes an object for the length of the test; a namespace for all tests, since nothing finishes its deletion.
func standing(t *testing.T, plural string, object *unstructured.Unstructured) *unstructured.Unstructured {
	t.Helper()
	client := cluster.Resource(resourceOf(object, plural)).Namespace(object.GetNamespace())
	made, err := client.Create(t.Context(), object, metav1.CreateOptions{})
	if plural == "namespaces" && (err == nil || apierrors.IsAlreadyExists(err)) {
		return made
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := client.Delete(context.WithoutCancel(t.Context()), made.GetName(), metav1.DeleteOptions{GracePeriodSeconds: new(int64)}); err != nil {
			t.Errorf("deleting %s %s: %v", made.GetKind(), made.GetName(), err)
		}
	})
	return made
}

// attack is what nobody of a service owner's may do.
type attack struct {
	try attempt
	// says is what a policy answers somebody whom RBAC lets do anything.
	says string
	// may are those who may do it all the same.
	may []actor
}

// repel runs a table of attacks, each as everybody of the service owner's by RBAC and the policies
// together, and as those whom RBAC lets do anything.
func repel(t *testing.T, attacks map[string]attack) {
	t.Helper()
	for sentence, attack := range attacks {
		t.Run(sentence, func(t *testing.T) {
			for name, who := range roles {
				if err := attack.try(t.Context(), who); !apierrors.IsForbidden(err) && !apierrors.IsInvalid(err) {
					t.Errorf("%s is not refused: %v", name, err)
				}
			}
			for _, who := range []actor{stranger, tenantsOwn} {
				expect(t, attack.try(t.Context(), who), attack.says)
			}
			for _, who := range attack.may {
				if err := attack.try(t.Context(), who); err != nil {
					t.Errorf("%s must be let: %v", who.user, err)
				}
			}
		})
	}
}

// expect compares an answer with the words that it is to have; none for an admission.
func expect(t *testing.T, err error, wrong string) {
	t.Helper()
	switch {
	case wrong == "" && err != nil:
		t.Errorf("refused: %v", err)
	case wrong != "" && (err == nil || !strings.Contains(err.Error(), wrong)):
		t.Errorf("want %q, got %v", wrong, err)
	case err != nil:
		refusals = append(refusals, refusalSeen{message: err.Error()})
	}
}

// SPDX-License-Identifier: BSD-3-Clause

package app

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/configuration"
	"github.com/altinn/serviceowner-operator/controllers/internal/apply"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
)

// Render implements engine.Kind. What the pods need stands before the pods. A withdrawn App keeps its names, its
// configuration and its data; it has no pods, no route, no open door and no way to the data.
func (k *Kind) Render(declared *v1alpha1.App, facts Facts, action decide.Action) ([]apply.Child, error) {
	want := wantedOf(declared, facts, action)
	app := want.app
	var children []apply.Child
	if want.record != nil {
		revision, err := want.record.revision(app)
		if err != nil {
			return nil, err
		}
		children = append(children, apply.Child{Object: revision})
	}
	share, err := want.share(facts, action)
	if err != nil {
		return nil, err
	}
	config := runtimeConfig(app, facts)
	children = append(children,
		apply.Child{Object: config},
		apply.Child{Object: serviceAccount(app)},
	)
	children = append(children, policies(app, facts, action)...)
	children = append(children, share.Children...)
	waits := awaitsKeys(app, facts, action)
	if !waits || hasDeployment(declared) {
		pods := podsWanted{
			digest: configDigest(config, want.digest), keys: keysOf(app, facts, action), share: share,
			none: waits || action == decide.ActionWithdraw,
		}
		children = append(children, deployment(app, facts, pods))
	}
	children = append(children, apply.Child{Object: service(app)})
	if action == decide.ActionWithdraw {
		return children, nil
	}
	children = append(children, apply.Child{Object: autoscaler(app)}, apply.Child{Object: disruptionBudget(app)})
	if !published(app) {
		return children, nil
	}
	if facts.Operator.Gateway.Kind == configuration.GatewayIngress {
		return append(children, apply.Child{Object: ingress(app, facts)}), nil
	}
	if facts.RouteKindKnown {
		return append(children, apply.Child{Object: httpRoute(app, facts)}), nil
	}
	return children, nil
}

// meta is the metadata of a child.
func meta(app *v1alpha1.App, name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Name: name, Namespace: app.Namespace, Labels: labels(app)}
}

// serviceAccount is the identity of the pods. They get no token: an app does not talk to Kubernetes.
func serviceAccount(app *v1alpha1.App) *corev1.ServiceAccount {
	return &corev1.ServiceAccount{ObjectMeta: meta(app, app.Name), AutomountServiceAccountToken: ptr.To(false)}
}

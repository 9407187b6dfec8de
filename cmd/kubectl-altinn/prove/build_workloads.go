// SPDX-License-Identifier: BSD-3-Clause

package prove

import (
	"cmp"
	"maps"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/isolation"
)

// addedLabels are those that the cluster itself gives to pods, beside the ones of their template: that of the
// revision, and since Kubernetes 1.35 those of the node.
var addedLabels = []string{appsv1.DefaultDeploymentUniqueLabelKey, corev1.LabelTopologyRegion, corev1.LabelTopologyZone}

// portName is the name that an App's port has in its container.
const portName = "http"

// workload is what runs in a tenant's namespace, or may.
type workload struct {
	isolation.Workload
	tenant *tenant
	app    *v1alpha1.App // nil when no App declares it
	ref    Ref
}

// key is the App's name for what belongs to one, also for pods of it that differ from the others.
func (w *workload) key() isolation.Key {
	return isolation.Key{Namespace: w.Namespace, Name: w.ref.Name}
}

// owners tell by UID whose a pod is.
type owners struct {
	apps        map[types.UID]*v1alpha1.App
	deployments map[types.UID]*appsv1.Deployment
	replicaSets map[types.UID]*metav1.PartialObjectMetadata
}

// findWorkloads finds each App, by the Deployment that belongs to it or else as it will be; all pods that look
// otherwise than their App says; and what no App declares. Whose something is, is told by owner references from
// the API server with UIDs, since labels can be borrowed.
func (b *builder) findWorkloads(resources *Resources) {
	found := owners{map[types.UID]*v1alpha1.App{}, map[types.UID]*appsv1.Deployment{}, map[types.UID]*metav1.PartialObjectMetadata{}}
	tenants, deployed := map[string]*tenant{}, map[*v1alpha1.App]*appsv1.Deployment{}
	for _, t := range b.tenants {
		tenants[t.namespace] = t
		for _, app := range t.apps {
			found.apps[app.UID] = app
		}
	}
	for i := range resources.ReplicaSets {
		found.replicaSets[resources.ReplicaSets[i].UID] = &resources.ReplicaSets[i]
	}
	var strays []*appsv1.Deployment
	for i := range resources.Deployments {
		deployment := &resources.Deployments[i]
		found.deployments[deployment.UID] = deployment
		if app := found.appOf(deployment); app != nil {
			deployed[app] = deployment
		} else {
			strays = append(strays, deployment)
		}
	}
	for _, t := range b.tenants {
		for _, app := range t.apps {
			b.add(t, app, app.Name, ofApp(app, deployed[app]))
		}
	}
	slices.SortFunc(strays, func(x, y *appsv1.Deployment) int {
		return cmp.Or(cmp.Compare(x.Namespace, y.Namespace), cmp.Compare(x.Name, y.Name))
	})
	for _, deployment := range strays {
		if t := tenants[deployment.Namespace]; t != nil {
			b.add(t, nil, "Deployment "+deployment.Name, ofTemplate(&deployment.Spec.Template))
		}
	}
	pods := slices.SortedFunc(slices.Values(pointers(resources.Pods)), func(x, y *metav1.PartialObjectMetadata) int {
		return cmp.Or(cmp.Compare(x.Namespace, y.Namespace), cmp.Compare(x.Name, y.Name))
	})
	for _, pod := range pods {
		if t := tenants[pod.Namespace]; t != nil {
			b.addPod(t, found, pod)
		}
	}
}

func pointers[T any](list []T) []*T {
	all := make([]*T, len(list))
	for i := range list {
		all[i] = &list[i]
	}
	return all
}

// appOf is the App that a Deployment belongs to; nil when there is none.
func (o owners) appOf(deployment *appsv1.Deployment) *v1alpha1.App {
	controller := metav1.GetControllerOf(deployment)
	if controller == nil || controller.Kind != "App" {
		return nil
	}
	app := o.apps[controller.UID]
	if app == nil || app.Namespace != deployment.Namespace {
		return nil
	}
	return app
}

// ownerOf is the App or Deployment that a pod belongs to, and what to call it when there is no App.
func (o owners) ownerOf(pod *metav1.PartialObjectMetadata) (*v1alpha1.App, string) {
	controller := metav1.GetControllerOf(pod)
	if controller == nil {
		return nil, "Pod " + pod.Name
	}
	name := controller.Kind + " " + controller.Name
	set := o.replicaSets[controller.UID]
	if set == nil || set.Namespace != pod.Namespace {
		return nil, name
	}
	above := metav1.GetControllerOf(set)
	if above == nil {
		return nil, name
	}
	deployment := o.deployments[above.UID]
	if deployment == nil || deployment.Namespace != pod.Namespace {
		return nil, above.Kind + " " + above.Name
	}
	return o.appOf(deployment), "Deployment " + deployment.Name
}

// addPod adds what a pod shows that is not known yet: that it belongs to no App, or has other labels than the
// rest of it.
func (b *builder) addPod(t *tenant, found owners, pod *metav1.PartialObjectMetadata) {
	app, name := found.ownerOf(pod)
	if app != nil {
		name = app.Name
	}
	own := maps.Clone(pod.Labels)
	maps.DeleteFunc(own, func(key, _ string) bool { return slices.Contains(addedLabels, key) })
	for _, known := range t.workloads {
		if known.ref.Name == name && known.app == app && maps.Equal(known.Labels, own) {
			return
		}
	}
	described := isolation.Workload{Labels: own, Foreign: addedLabels}
	if app != nil {
		described.Ports = b.workloads[isolation.Key{Namespace: t.namespace, Name: app.Name}].Ports
	}
	b.add(t, app, name, described)
}

// add adds a workload, under a name of its own where its App's is taken.
func (b *builder) add(t *tenant, app *v1alpha1.App, name string, described isolation.Workload) {
	described.Namespace, described.Name = t.namespace, name
	for b.workloads[isolation.Key{Namespace: t.namespace, Name: described.Name}] != nil {
		described.Name += "'"
	}
	w := &workload{Workload: described, tenant: t, app: app, ref: Ref{ServiceOwner: t.code, Name: name}}
	t.workloads = append(t.workloads, w)
	b.workloads[isolation.Key{Namespace: t.namespace, Name: described.Name}] = w
}

// ofApp is what an App's pods look like: as its Deployment makes them, or by the labels that the documentation
// promises when there is none.
func ofApp(app *v1alpha1.App, deployment *appsv1.Deployment) isolation.Workload {
	if deployment != nil {
		return ofTemplate(&deployment.Spec.Template)
	}
	return isolation.Workload{
		Labels: labels.Set{
			v1alpha1.LabelName: app.Name, v1alpha1.LabelManagedBy: v1alpha1.ManagedBy,
			v1alpha1.LabelServiceOwner: v1alpha1.OwnerOfNamespace(app.Namespace),
		},
		Ports:   map[string]isolation.NamedPort{portName: {Protocol: string(corev1.ProtocolTCP), Number: int32(app.Spec.Port)}},
		Foreign: addedLabels,
	}
}

func ofTemplate(template *corev1.PodTemplateSpec) isolation.Workload {
	w := isolation.Workload{Labels: template.Labels, Ports: map[string]isolation.NamedPort{}, Foreign: addedLabels}
	for i := range template.Spec.Containers {
		for _, port := range template.Spec.Containers[i].Ports {
			if port.Name != "" {
				w.Ports[port.Name] = isolation.NamedPort{Protocol: string(cmp.Or(port.Protocol, corev1.ProtocolTCP)), Number: port.ContainerPort}
			}
		}
	}
	return w
}

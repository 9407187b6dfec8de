// SPDX-License-Identifier: BSD-3-Clause

package app

import (
	"fmt"
	"strings"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/configuration"
)

// codeOf is the code of the service owner the App's namespace is for.
func codeOf(app *v1alpha1.App) string { return v1alpha1.OwnerOfNamespace(app.Namespace) }

// published says whether the App is to be reached from outside.
func published(app *v1alpha1.App) bool {
	return app.Spec.Ingress.Enabled == nil || *app.Spec.Ingress.Enabled
}

// hostOf is the name the App is reached by: its own, or the owner's in this environment.
func hostOf(app *v1alpha1.App, operator *configuration.Operator) string {
	if app.Spec.Ingress.Host != "" {
		return string(app.Spec.Ingress.Host)
	}
	return ownHost(codeOf(app), operator)
}

// ownHost is the name a service owner's Apps are reached by in this environment.
func ownHost(code string, operator *configuration.Operator) string {
	return code + "." + operator.Environment.AppsHost
}

// pathOf is the path the App is reached below: its own, or /<code>/<app>/ as Altinn's apps have.
func pathOf(app *v1alpha1.App) string {
	if app.Spec.Ingress.Path != "" {
		return string(app.Spec.Ingress.Path)
	}
	return fmt.Sprintf("/%s/%s/", codeOf(app), app.Name)
}

// addressOf is host and path together: what only one App can have. A slash at the end makes no other
// address of it, since routes go by the parts of a path.
func addressOf(app *v1alpha1.App, operator *configuration.Operator) string {
	return hostOf(app, operator) + strings.TrimSuffix(pathOf(app), "/")
}

// servedAt is the address the App is reached at, as its status tells; empty when it is not reached.
func servedAt(app *v1alpha1.App) string {
	return strings.TrimSuffix(strings.TrimPrefix(app.Status.URL, "https://"), "/")
}

// urlOf is where an App asks to be reached.
func urlOf(app *v1alpha1.App, operator *configuration.Operator) string {
	return "https://" + hostOf(app, operator) + pathOf(app)
}

// configName is the name of the runtime ConfigMap.
func configName(app *v1alpha1.App) string { return app.Name + "-runtime" }

// selector are the labels that tell an App's pods from all others.
func selector(name, code string) map[string]string {
	return map[string]string{v1alpha1.LabelName: name, v1alpha1.LabelServiceOwner: code}
}

// labels are those of everything made for an App.
func labels(app *v1alpha1.App) map[string]string {
	all := selector(app.Name, codeOf(app))
	all[v1alpha1.LabelManagedBy] = v1alpha1.ManagedBy
	return all
}

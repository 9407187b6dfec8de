// SPDX-License-Identifier: BSD-3-Clause

package app

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/configuration"
)

// platformServices are the services of Altinn's platform that the app libraries find by the setting
// PlatformSettings__Api<name>Endpoint, and the path each has on the platform's host.
var platformServices = map[string]string{
	"Storage": "storage", "Register": "register", "Profile": "profile",
	"Authentication": "authentication", "Authorization": "authorization", "Events": "events",
	"Notification": "notifications", "AccessManagement": "accessmanagement", "Correspondence": "correspondence",
}

// aspNetEnvironment is what the app libraries call a class of environment.
var aspNetEnvironment = map[configuration.EnvironmentClass]string{
	configuration.Development: "Development",
	configuration.Test:        "Staging",
	configuration.Production:  "Production",
}

// runtimeConfig is what every Altinn app is told of its environment, and the App's own config, which
// wins.
func runtimeConfig(app *v1alpha1.App, facts Facts) *corev1.ConfigMap {
	environment := facts.Operator.Environment
	data := map[string]string{
		"ASPNETCORE_ENVIRONMENT":    aspNetEnvironment[environment.Class],
		"GeneralSettings__HostName": environment.AppsHost,
		"AppSettings__AppBasePath":  pathOf(app),
	}
	for name, path := range platformServices {
		data["PlatformSettings__Api"+name+"Endpoint"] = fmt.Sprintf("https://%s/%s/api/v1/", environment.PlatformHost, path)
	}
	for key, value := range app.Spec.Config {
		data[key] = string(value)
	}
	return &corev1.ConfigMap{ObjectMeta: meta(app, configName(app)), Data: data}
}

// configDigest changes when anything changes that the pods read at their start only.
func configDigest(config *corev1.ConfigMap, read string) string {
	sum := sha256.New()
	fmt.Fprintf(sum, "%s;", read)
	for _, key := range slices.Sorted(maps.Keys(config.Data)) {
		fmt.Fprintf(sum, "%d:%s=%d:%s;", len(key), key, len(config.Data[key]), config.Data[key])
	}
	return hex.EncodeToString(sum.Sum(nil)[:8])
}

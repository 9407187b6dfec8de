// SPDX-License-Identifier: BSD-3-Clause

package configuration

import (
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// validate returns everything in the configuration that cannot be.
func validate(operator *Operator) field.ErrorList {
	var wrong field.ErrorList
	if operator.APIVersion != APIVersion {
		wrong = append(wrong, field.NotSupported(field.NewPath("apiVersion"), operator.APIVersion, []string{APIVersion}))
	}
	if operator.TypeMeta.Kind != Kind {
		wrong = append(wrong, field.NotSupported(field.NewPath("kind"), operator.TypeMeta.Kind, []string{Kind}))
	}
	if operator.Concurrency < 1 || operator.Concurrency > 100 {
		wrong = append(wrong, field.Invalid(field.NewPath("concurrency"), operator.Concurrency, "must be 1 to 100"))
	}
	wrong = append(wrong, validateEnvironment(field.NewPath("environment"), operator.Environment)...)
	wrong = append(wrong, validateGateway(field.NewPath("gateway"), operator.Gateway)...)
	wrong = append(wrong, validateEgress(field.NewPath("egress"), operator)...)
	wrong = append(wrong, validateRegions(field.NewPath("regions"), operator.Regions)...)
	wrong = append(wrong, validateAgreements(field.NewPath("agreements"), operator.Agreements)...)
	wrong = append(wrong, validateOutside(operator)...)
	wrong = append(wrong, validateStorage(field.NewPath("storage"), operator.Storage, operator.Environment.Class)...)
	wrong = append(wrong, validateReceipts(field.NewPath("receipts"), operator.Receipts)...)
	wrong = append(wrong, validateCatalogue(field.NewPath("catalogue"), operator.Catalogue, operator.Environment.Class)...)
	wrong = append(wrong, validateConsents(field.NewPath("consents"), operator.Consents)...)
	wrong = append(wrong, validateImages(field.NewPath("images"), operator.Images)...)
	wrong = append(wrong, validateIsolation(field.NewPath("isolation"), operator.Isolation)...)
	return append(wrong, validateQuotas(field.NewPath("quotaProfiles"), operator)...)
}

func validateEnvironment(path *field.Path, environment Environment) field.ErrorList {
	var wrong field.ErrorList
	for _, message := range validation.IsDNS1123Label(environment.Name) {
		wrong = append(wrong, field.Invalid(path.Child("name"), environment.Name, message))
	}
	classes := []EnvironmentClass{Development, Test, Production}
	if !slices.Contains(classes, environment.Class) {
		wrong = append(wrong, field.NotSupported(path.Child("class"), environment.Class, classes))
	}
	for _, host := range []struct{ key, name string }{
		{"appsHost", environment.AppsHost}, {"platformHost", environment.PlatformHost},
	} {
		for _, message := range validation.IsDNS1123Subdomain(host.name) {
			wrong = append(wrong, field.Invalid(path.Child(host.key), host.name, message))
		}
	}
	return wrong
}

func validateGateway(path *field.Path, gateway Gateway) field.ErrorList {
	var wrong field.ErrorList
	kinds := []GatewayKind{GatewayIngress, GatewayAPI}
	if !slices.Contains(kinds, gateway.Kind) {
		wrong = append(wrong, field.NotSupported(path.Child("kind"), gateway.Kind, kinds))
	}
	for _, message := range validation.IsDNS1123Label(gateway.Namespace) {
		wrong = append(wrong, field.Invalid(path.Child("namespace"), gateway.Namespace, message))
	}
	if gateway.Kind == GatewayAPI && gateway.Name == "" {
		wrong = append(wrong, field.Required(path.Child("name"), "HTTPRoutes need the Gateway they attach to"))
	}
	if gateway.Kind == GatewayAPI && gateway.IngressClassName != "" {
		wrong = append(wrong, field.Forbidden(path.Child("ingressClassName"), "only with kind Ingress"))
	}
	if gateway.Kind == GatewayIngress && gateway.Name != "" {
		wrong = append(wrong, field.Forbidden(path.Child("name"), "only with kind GatewayAPI"))
	}
	return wrong
}

func validateQuotas(path *field.Path, operator *Operator) field.ErrorList {
	var wrong field.ErrorList
	profiles := []v1alpha1.QuotaProfile{v1alpha1.QuotaSmall, v1alpha1.QuotaMedium, v1alpha1.QuotaLarge}
	for _, profile := range profiles {
		if len(operator.QuotaProfiles[profile]) == 0 {
			wrong = append(wrong, field.Required(path.Child(string(profile)), "a ServiceOwner may name it"))
		}
	}
	for _, profile := range slices.Sorted(maps.Keys(operator.QuotaProfiles)) {
		if !slices.Contains(profiles, profile) {
			wrong = append(wrong, field.NotSupported(path.Key(string(profile)), profile, profiles))
		}
		for name, quantity := range operator.QuotaProfiles[profile] {
			if quantity.Sign() < 0 {
				wrong = append(wrong, field.Invalid(path.Child(string(profile), string(name)), quantity.String(), "must not be negative"))
			}
		}
	}
	return append(wrong, validateClaims(path, operator)...)
}

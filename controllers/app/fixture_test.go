// SPDX-License-Identifier: BSD-3-Clause

package app_test

import (
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/configuration"
	"github.com/altinn/serviceowner-operator/test/apiserver"
)

// born is when the things of these tests were made.
var born = metav1.NewTime(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))

// operatorConfiguration is the one the operator is deployed with, without a registry and storage: these have tests
// of their own.
func operatorConfiguration(t testing.TB) *configuration.Operator {
	t.Helper()
	operator, err := configuration.Load("../../config/manager/operator.yaml")
	if err != nil {
		t.Fatal(err)
	}
	operator.Registry, operator.Maskinporten, operator.SelfService, operator.Storage = nil, nil, nil, nil
	return operator
}

// samples are the manifests read so far, as plain fields by file: reading the schemas for their defaults takes long.
var samples sync.Map

// readSample reads a manifest as an API server stores it.
func readSample(file string, into any) error {
	plain, known := samples.Load(file)
	if !known {
		content, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if err := apiserver.Defaulted(content, into); err != nil {
			return err
		}
		if plain, err = runtime.DefaultUnstructuredConverter.ToUnstructured(into); err != nil {
			return err
		}
		samples.Store(file, plain)
	}
	fields, ok := plain.(map[string]any)
	if !ok {
		return fmt.Errorf("%s was read as %T", file, plain)
	}
	return runtime.DefaultUnstructuredConverter.FromUnstructured(runtime.DeepCopyJSON(fields), into)
}

// serviceOwner is a service owner whose namespace stands.
func serviceOwner(code string) *v1alpha1.ServiceOwner {
	return &v1alpha1.ServiceOwner{
		ObjectMeta: metav1.ObjectMeta{Name: code, CreationTimestamp: born},
		Spec:       v1alpha1.ServiceOwnerSpec{Region: "norwayeast"},
		Status:     v1alpha1.ServiceOwnerStatus{Namespace: v1alpha1.NamespacePrefix + code},
	}
}

// sampleAgreement is the sample, as the agreement of a service owner: it is in force when the things of
// these tests are made.
func sampleAgreement(t testing.TB, code string) v1alpha1.DataProcessingAgreement {
	t.Helper()
	var agreement v1alpha1.DataProcessingAgreement
	if err := readSample("../../config/samples/dataprocessingagreement-skd.yaml", &agreement); err != nil {
		t.Fatal(err)
	}
	agreement.Name, agreement.Spec.ServiceOwner = code+"-2026", v1alpha1.OrgCode(code)
	return agreement
}

// minute is an instant some minutes after born.
func minute(n int) metav1.Time { return metav1.NewTime(born.Add(time.Duration(n) * time.Minute)) }

// incomeApp is App income of skd, published at its owner's own address.
func incomeApp() *v1alpha1.App {
	return &v1alpha1.App{
		ObjectMeta: metav1.ObjectMeta{Name: "income", Namespace: "so-skd", UID: "income", CreationTimestamp: minute(5)},
		Spec: v1alpha1.AppSpec{
			Image: "skdregistry.example.no/skd-income:1", Port: 5005,
			Processing: v1alpha1.Processing{
				Purpose: "income-information", LegalBasis: []v1alpha1.LegalBasis{"Article6-1-a"}, RetentionDays: 365,
				DataCategories: []v1alpha1.DataCategory{"Economic"}, DataSubjects: []v1alpha1.DataSubject{"Citizens"},
			},
		},
	}
}

// otherApp is an App that asks for the address income has.
func otherApp(namespace, name string, made metav1.Time) v1alpha1.App {
	return v1alpha1.App{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: namespace, UID: types.UID(namespace + name), CreationTimestamp: made},
		Spec:       v1alpha1.AppSpec{Ingress: v1alpha1.Ingress{Host: "skd.apps.tt02.altinn.no", Path: "/skd/income/"}},
	}
}

// gatewayAPI is a configuration that routes by HTTPRoute.
func gatewayAPI() configuration.Gateway {
	return configuration.Gateway{Kind: configuration.GatewayAPI, Namespace: "gateways", Name: "public"}
}

// SPDX-License-Identifier: BSD-3-Clause

package admission

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/util/yaml"
)

// strayApp is an App that stood outside the namespaces of service owners before there were policies.
const (
	strayApp          = "stray"
	strayAppNamespace = "elsewhere"
)

// usedAgreement is an agreement that something runs under; it stands until the policies bite.
const usedAgreement = "used"

// namespaces are those the tests need; short-named ones are there because the policies cut names up.
var namespaces = []string{"so-skd", "so-nav", "so-social-services", "so", "x", strayAppNamespace}

// prepare makes the namespaces, an App and an agreement older than the policies, and the policies, and
// waits until each of them bites.
func prepare(ctx context.Context) error {
	for _, name := range namespaces {
		if err := create(ctx, namespace(name)); err != nil {
			return err
		}
	}
	stray, err := apps.object(set("metadata.name", strayApp), set("metadata.namespace", strayAppNamespace),
		set("metadata.finalizers", []string{"example.no/held"}))
	if err != nil {
		return err
	}
	if err := create(ctx, stray); err != nil {
		return err
	}
	if err := errors.Join(makeUsedAgreement(ctx), letActorsIn(ctx)); err != nil {
		return err
	}
	policies, err := readObjects(policyFiles()...)
	if err != nil {
		return err
	}
	for _, policy := range policies {
		if err := create(ctx, policy); err != nil {
			return err
		}
	}
	if err := waitForPolicies(ctx); err != nil {
		return err
	}
	return freeAndDelete(ctx, usedAgreement)
}

func makeUsedAgreement(ctx context.Context) error {
	used, err := agreements.object(set("metadata.name", usedAgreement))
	if err != nil {
		return err
	}
	if err := create(ctx, used); err != nil {
		return err
	}
	return reportInUse(ctx, usedAgreement, obj{"apps": obj{"count": 1, "names": list{"income"}}})
}

// waitForPolicies returns once every policy refuses an object it must refuse: the API server takes up
// a new policy a moment after it was made.
func waitForPolicies(ctx context.Context) error {
	bad := map[string]func() error{
		"cannot stand in namespace": func() error {
			return apps.dryRun(ctx, set("metadata.namespace", "x"))
		},
		"must start with skd-": func() error {
			return consentResources.dryRun(ctx, set("spec.identifier", "nav-income"))
		},
		"access.inbound names the app itself": func() error {
			return apps.dryRun(ctx, set("spec.access.inbound[0].app", "income"))
		},
		"is in use by": func() error {
			return dryDelete(ctx, usedAgreement)
		},
		"cannot lie in eastus": func() error {
			return creates("userassignedidentities", azure("managedidentity.azure.com/v1api20230131", "UserAssignedIdentity", "eastus"))(ctx, administrator)
		},
		"is that of service owner": func() error {
			return deletes("namespaces", namespace("so-skd"))(ctx, stranger)
		},
		"the operator does not write": func() error {
			return deletes("namespaces", namespace("elsewhere"))(ctx, operator)
		},
	}
	for words, try := range bad {
		var last error
		err := wait.PollUntilContextTimeout(ctx, 20*time.Millisecond, time.Minute, true, func(context.Context) (bool, error) {
			last = try()
			return last != nil && strings.Contains(last.Error(), words), nil
		})
		if err != nil {
			return fmt.Errorf("waiting for the policy that says %q: %w; the last answer was: %w", words, err, last)
		}
	}
	return nil
}

// policyFiles are the resources of config/admission/kustomization.yaml.
func policyFiles() []string {
	folder := filepath.Join(moduleRoot, "config/admission")
	kustomization, err := readObjects(filepath.Join(folder, "kustomization.yaml"))
	if err != nil || len(kustomization) != 1 {
		return []string{filepath.Join(folder, "kustomization.yaml")}
	}
	names, _, _ := unstructured.NestedStringSlice(kustomization[0].Object, "resources")
	files := make([]string, 0, len(names))
	for _, name := range names {
		files = append(files, filepath.Join(folder, name))
	}
	return files
}

// readObjects returns the documents of YAML files.
func readObjects(files ...string) ([]*unstructured.Unstructured, error) {
	var objects []*unstructured.Unstructured
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("reading objects: %w", err)
		}
		documents := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(content), 4096)
		for {
			object := &unstructured.Unstructured{}
			err := documents.Decode(object)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return nil, fmt.Errorf("reading %s: %w", file, err)
			}
			objects = append(objects, object)
		}
	}
	return objects, nil
}

// create makes an object of any kind the tests set up.
func create(ctx context.Context, object *unstructured.Unstructured) error {
	resource := object.GroupVersionKind().GroupVersion().WithResource(map[string]string{
		"Namespace": "namespaces", "App": apps.plural, "DataProcessingAgreement": agreements.plural,
		"ClusterRole": "clusterroles", "ClusterRoleBinding": "clusterrolebindings", "RoleBinding": "rolebindings",
		"ValidatingAdmissionPolicy":        "validatingadmissionpolicies",
		"ValidatingAdmissionPolicyBinding": "validatingadmissionpolicybindings",
	}[object.GetKind()])
	_, err := cluster.Resource(resource).Namespace(object.GetNamespace()).Create(ctx, object,
		metav1.CreateOptions{FieldValidation: metav1.FieldValidationStrict})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		return fmt.Errorf("making %s %s: %w", object.GetKind(), object.GetName(), err)
	}
	return nil
}

// SPDX-License-Identifier: BSD-3-Clause

package apiserver

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

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/rest"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// putPoliciesInForce makes the policies of a folder and returns when the server goes by them.
func putPoliciesInForce(ctx context.Context, config *rest.Config, folder string) error {
	cluster, err := client.New(config, client.Options{})
	if err != nil {
		return fmt.Errorf("making a client for the policies: %w", err)
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
	if err != nil {
		return err
	}
	for _, file := range files {
		if filepath.Base(file) == "kustomization.yaml" {
			continue
		}
		objects, err := readObjects(file)
		if err != nil {
			return err
		}
		for _, object := range objects {
			if err := cluster.Create(ctx, object); err != nil {
				return fmt.Errorf("making %s %s: %w", object.GetKind(), object.GetName(), err)
			}
		}
	}
	return waitForMarker(ctx, cluster)
}

// readObjects returns the documents of a YAML file.
func readObjects(file string) ([]*unstructured.Unstructured, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var objects []*unstructured.Unstructured
	documents := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(content), 4096)
	for {
		object := &unstructured.Unstructured{}
		err := documents.Decode(object)
		if errors.Is(err, io.EOF) {
			return objects, nil
		}
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", file, err)
		}
		if len(object.Object) > 0 {
			objects = append(objects, object)
		}
	}
}

// marker names a policy that refuses a ConfigMap of its own name.
const marker = "policies-in-force"

// waitForMarker makes one last policy and waits until it bites. The server takes up policies a moment
// after they are made, all there are at once, so that those made before bite by then too.
func waitForMarker(ctx context.Context, cluster client.Client) error {
	policy := &admissionv1.ValidatingAdmissionPolicy{
		ObjectMeta: metav1.ObjectMeta{Name: marker},
		Spec: admissionv1.ValidatingAdmissionPolicySpec{
			MatchConstraints: &admissionv1.MatchResources{ResourceRules: []admissionv1.NamedRuleWithOperations{{
				ResourceNames: []string{marker},
				RuleWithOperations: admissionv1.RuleWithOperations{
					Operations: []admissionv1.OperationType{admissionv1.Create},
					Rule:       admissionv1.Rule{APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{"configmaps"}},
				},
			}}},
			Validations: []admissionv1.Validation{{Expression: "false", Message: marker}},
		},
	}
	binding := &admissionv1.ValidatingAdmissionPolicyBinding{
		ObjectMeta: metav1.ObjectMeta{Name: marker},
		Spec: admissionv1.ValidatingAdmissionPolicyBindingSpec{
			PolicyName: marker, ValidationActions: []admissionv1.ValidationAction{admissionv1.Deny},
		},
	}
	for _, object := range []client.Object{policy, binding} {
		if err := cluster.Create(ctx, object); err != nil {
			return fmt.Errorf("making the marker policy: %w", err)
		}
	}
	err := wait.PollUntilContextTimeout(ctx, 20*time.Millisecond, time.Minute, true, func(ctx context.Context) (bool, error) {
		try := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: marker, Namespace: metav1.NamespaceDefault}}
		err := cluster.Create(ctx, try, client.DryRunAll)
		return err != nil && strings.Contains(err.Error(), marker+"' denied"), nil
	})
	if err != nil {
		return fmt.Errorf("waiting for the policies: %w", err)
	}
	return errors.Join(cluster.Delete(ctx, binding), cluster.Delete(ctx, policy, &client.DeleteOptions{PropagationPolicy: ptr.To(metav1.DeletePropagationBackground)}))
}

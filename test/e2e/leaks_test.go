// SPDX-License-Identifier: BSD-3-Clause

package e2e

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/test/leaks"
)

// vault remembers the private parts of all keys that lay in Secrets of Apps while the suite ran.
type vault struct {
	mu    sync.Mutex
	parts map[string]bool
}

var keysMade = &vault{parts: map[string]bool{}}

// follow remembers what lies in Secrets until ctx ends. A watch that breaks off is begun anew.
func (v *vault) follow(ctx context.Context) {
	ours := client.MatchingLabels{v1alpha1.LabelManagedBy: v1alpha1.ManagedBy}
	for ctx.Err() == nil {
		var found corev1.SecretList
		if kubernetes.List(ctx, &found, ours) == nil {
			for i := range found.Items {
				v.add(&found.Items[i])
			}
			since := &client.ListOptions{Raw: &metav1.ListOptions{ResourceVersion: found.ResourceVersion}}
			if watcher, err := kubernetes.Watch(ctx, &corev1.SecretList{}, ours, since); err == nil {
				for event := range watcher.ResultChan() {
					if secret, ok := event.Object.(*corev1.Secret); ok {
						v.add(secret)
					}
				}
				watcher.Stop()
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// add remembers what only the key's holder may know. The members of a JWK are searched for one by one, so that
// a part of a key is found too.
func (v *vault) add(secret *corev1.Secret) {
	for name, value := range secret.Data {
		var key struct{ D, P string }
		if strings.HasSuffix(name, "_CLIENT_JWK") && json.Unmarshal(value, &key) == nil {
			v.mu.Lock()
			v.parts[key.D], v.parts[key.P] = true, true
			v.mu.Unlock()
		}
	}
}

func (v *vault) all() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	parts := make([]string, 0, len(v.parts))
	for part := range v.parts {
		parts = append(parts, part)
	}
	return parts
}

// Last of all, whatever went wrong before: it is where things go wrong that keys are told.
var _ = AfterSuite(func(ctx context.Context) {
	if kubernetes == nil || operator == nil {
		return // nothing was started
	}
	known := keysMade.all()
	AddReportEntry("private parts of keys that were searched for", len(known), ReportEntryVisibilityAlways)
	var found []string
	for of, text := range told(ctx) {
		Expect(len(text)).To(BeNumerically(">", 0), of)
		for _, one := range leaks.Search(text, known...) {
			found = append(found, of+", "+one.String())
		}
	}
	Expect(found).To(BeEmpty())
	if len(known) > 0 { // else no spec made a key
		var secrets corev1.SecretList
		Expect(kubernetes.List(ctx, &secrets)).To(Succeed())
		Expect(len(leaks.Search(written(&secrets), known...))).To(BeNumerically(">", 0), "a search that finds nothing in Secrets would find nothing anywhere")
	}
}, NodeTimeout(time.Minute))

// told is all that the operator has told anybody but Digdir and the pods, by where.
func told(ctx context.Context) map[string][]byte {
	GinkgoHelper()
	all := map[string][]byte{}
	logs, err := filepath.Glob(operator.Log + "*")
	Expect(err).NotTo(HaveOccurred())
	for _, log := range logs {
		raw, err := os.ReadFile(log)
		Expect(err).NotTo(HaveOccurred())
		all["the log "+filepath.Base(log)] = raw
	}
	for kind, list := range map[string]client.ObjectList{
		"events": &eventsv1.EventList{}, "ServiceOwners": &v1alpha1.ServiceOwnerList{}, "Apps": &v1alpha1.AppList{},
		"ConsentResources": &v1alpha1.ConsentResourceList{}, "agreements": &v1alpha1.DataProcessingAgreementList{},
		"ConfigMaps": &corev1.ConfigMapList{}, "pods": &corev1.PodList{}, "Deployments": &appsv1.DeploymentList{},
		"admitted revisions": &appsv1.ControllerRevisionList{},
	} {
		Expect(kubernetes.List(ctx, list)).To(Succeed())
		all[kind] = written(list)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+operator.Metrics+"/metrics", nil)
	Expect(err).NotTo(HaveOccurred())
	response, err := http.DefaultClient.Do(request)
	Expect(err).NotTo(HaveOccurred())
	defer response.Body.Close() //nolint:errcheck // it has been read
	Expect(response.StatusCode).To(Equal(http.StatusOK))
	all["metrics"], err = io.ReadAll(response.Body)
	Expect(err).NotTo(HaveOccurred())
	return all
}

// written is an object as the API server would show it, a line for each field.
func written(object client.ObjectList) []byte {
	GinkgoHelper()
	raw, err := json.MarshalIndent(object, "", " ")
	Expect(err).NotTo(HaveOccurred())
	return raw
}

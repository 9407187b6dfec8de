// SPDX-License-Identifier: BSD-3-Clause

package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/hack/local"
	"github.com/altinn/serviceowner-operator/test/sandbox"
)

var _ = Describe("The credentials of the sample App", Ordered, func() {
	income := &v1alpha1.App{ObjectMeta: named("so-skd", "income")}

	BeforeAll(func(ctx context.Context) {
		Expect(local.ApplySamples(ctx, kubernetes, root)).To(Succeed())
		becomesReady(ctx, &v1alpha1.ConsentResource{ObjectMeta: named("so-skd", "income")})
		settled(ctx, income)
	})

	It("are a client at Maskinporten with the scopes of all that is called with its tokens", func() {
		Expect(clientOf(income, "maskinporten").ClientModel).To(And(
			HaveField("Name", "skd-tt02-income"),
			HaveField("Organisation", sandbox.SkatteetatenNumber),
			HaveField("Supplier", sandbox.DigdirNumber),
			HaveField("Scopes", ConsistOf("folkeregister:deling/svalbardregister", "krr:global/kontaktinformasjon.read")),
			HaveField("AuthMethod", "private_key_jwt"),
			HaveField("RedirectURIs", BeEmpty()),
		))
	})

	It("are a client at ID-porten that sends users back below the App's own path, and nowhere else", func() {
		Expect(clientOf(income, "idporten").ClientModel).To(And(
			HaveField("Name", "skd-tt02-income"),
			HaveField("Scopes", ConsistOf("openid", "profile")),
			HaveField("RedirectURIs", ConsistOf("https://skd.apps.tt02.altinn.no/skd/income/signin-oidc")),
			HaveField("CodeChallengeMethod", "S256"),
			HaveField("SSODisabled", false),
		))
	})

	It("are told by its status, without the keys themselves", func(ctx context.Context) {
		Expect(isTrue(income, v1alpha1.ConditionCredentialsReady)).To(BeTrue(), conditions(income))
		Expect(said(income, v1alpha1.ConditionCredentialsReady)).To(ContainSubstring("Maskinporten"))
		for of, integration := range map[v1alpha1.ClientType]string{v1alpha1.ClientMaskinporten: "maskinporten", v1alpha1.ClientIDPorten: "idporten"} {
			Expect(recorded(income, of)).To(And(
				HaveField("ClientID", clientOf(income, integration).ID), HaveField("State", v1alpha1.CredentialRegistered),
				HaveField("OrganizationNumber", sandbox.SkatteetatenNumber), HaveField("MissingScopes", BeEmpty()),
				HaveField("Obstacle", BeNil()), HaveField("Secret", HavePrefix("income-"+integration+"-")),
			))
		}
		Expect(kubectl(ctx, "get", "app", "income", "-n", "so-skd", "-o", "jsonpath={.status.credentials[*].client}")).To(Equal("IDPorten Maskinporten"))
	})

	It("lie in Secrets that nobody can change, with all an app needs", func(ctx context.Context) {
		shared := []string{"CLIENT_ID", "CLIENT_JWK", "ISSUER", "JWKS_URI", "SCOPES", "TOKEN_ENDPOINT", "WELL_KNOWN_URL"}
		for of, further := range map[v1alpha1.ClientType][]string{
			v1alpha1.ClientMaskinporten: {"maskinporten-settings.json"}, v1alpha1.ClientIDPorten: {"IDPORTEN_REDIRECT_URI"},
		} {
			secret := secretsOf(ctx, income, of)[0]
			Expect(secret.Immutable).To(HaveValue(BeTrue()))
			Expect(metav1.IsControlledBy(&secret, income)).To(BeTrue())
			var want []any
			for _, name := range shared {
				want = append(want, strings.ToUpper(string(of))+"_"+name)
			}
			for _, name := range further {
				want = append(want, name)
			}
			var has []string
			for name := range secret.Data {
				has = append(has, name)
			}
			Expect(has).To(ConsistOf(want...))
			secret.Data[has[0]] = []byte("other")
			Expect(kubernetes.Update(ctx, &secret)).To(MatchError(ContainSubstring("immutable")))
		}
	})

	It("say where tokens are given, as the servers themselves say", func(ctx context.Context) {
		Expect(text(secretsOf(ctx, income, v1alpha1.ClientMaskinporten)[0])).To(And(
			HaveKeyWithValue("MASKINPORTEN_ISSUER", outside.BaseURL+"/"), HaveKeyWithValue("MASKINPORTEN_TOKEN_ENDPOINT", outside.BaseURL+"/token"),
			HaveKeyWithValue("MASKINPORTEN_SCOPES", "folkeregister:deling/svalbardregister krr:global/kontaktinformasjon.read"),
		))
		Expect(text(secretsOf(ctx, income, v1alpha1.ClientIDPorten)[0])).To(And(
			HaveKeyWithValue("IDPORTEN_ISSUER", outside.BaseURL+"/idporten"),
			HaveKeyWithValue("IDPORTEN_REDIRECT_URI", "https://skd.apps.tt02.altinn.no/skd/income/signin-oidc"),
		))
	})

	It("are the same key in the Secret, in the settings file and, its public half, at Maskinporten", func(ctx context.Context) {
		secret := secretsOf(ctx, income, v1alpha1.ClientMaskinporten)[0]
		var key jose.JSONWebKey
		Expect(key.UnmarshalJSON(secret.Data["MASKINPORTEN_CLIENT_JWK"]) == nil).To(BeTrue(), "the key can be read")
		var file struct {
			MaskinportenSettings struct{ ClientId string } //nolint:revive // the name is the file's
		}
		Expect(json.Unmarshal(secret.Data["maskinporten-settings.json"], &file) == nil).To(BeTrue(), "the file can be read")
		registered := clientOf(income, "maskinporten")
		Expect(file.MaskinportenSettings.ClientId).To(Equal(registered.ID))
		Expect(keysAt(registered)).To(ConsistOf(key.KeyID))
		Expect(public(registered.Keys[0]).Key).To(Equal(key.Public().Key))
		Expect(secret.Name).To(Equal("income-maskinporten-" + key.KeyID[:10]))
	})

	It("let exactly those fetch the data who may ask for the consent", func() {
		Expect(scopeAt("skd:inntekt")).To(HaveValue(And(
			HaveField("Active", true), HaveField("Owner", sandbox.SkatteetatenNumber), HaveField("Description", "Income data"),
			HaveField("AccessibleForAll", false),
		)))
		Expect(consumersOf("skd:inntekt")).To(ConsistOf(sandbox.RequesterANumber, sandbox.RequesterBNumber))
		Expect(income.Status.Scopes).To(ConsistOf(And(HaveField("Name", "skd:inntekt"), HaveField("Consumers", BeEquivalentTo(2)))))
	})
})

// text is what a Secret holds but for keys, to look at where a failure shows it.
func text(secret corev1.Secret) map[string]string {
	shown := map[string]string{}
	for name, value := range secret.Data {
		if !strings.HasSuffix(name, "_JWK") && !strings.HasSuffix(name, ".json") {
			shown[name] = string(value)
		}
	}
	return shown
}

var _ = Describe("Credentials that somebody meddles with", Serial, Ordered, func() {
	var income *v1alpha1.App

	BeforeAll(func(ctx context.Context) {
		serviceOwner(ctx, "keys")
		income = integrated("keys", "income")
		Expect(kubernetes.Create(ctx, income)).To(Succeed())
		settled(ctx, income)
	})

	It("have another key, which pods are rolled to, when their Secret was deleted", func(ctx context.Context) {
		before := recorded(income, v1alpha1.ClientMaskinporten)
		Expect(kubernetes.Delete(ctx, &corev1.Secret{ObjectMeta: named("so-keys", before.Secret)})).To(Succeed())
		Eventually(func() string { ready(ctx, income); return recorded(income, v1alpha1.ClientMaskinporten).Secret }).ShouldNot(Equal(before.Secret))
		settled(ctx, income)
		after := recorded(income, v1alpha1.ClientMaskinporten)
		Expect(after.ClientID).To(Equal(before.ClientID))
		Expect(keysAt(clientOf(income, "maskinporten"))).NotTo(ContainElement(before.Keys[0].KeyID))
		Expect(recorded(income, v1alpha1.ClientIDPorten).Keys).To(HaveLen(1))
	})

	It("are put right when somebody had changed them in the portal, and this is told", func(ctx context.Context) {
		login, calls := recorded(income, v1alpha1.ClientIDPorten), clientOf(income, "maskinporten")
		Expect(outside.Sandbox.DeactivateClient(login.ClientID)).To(Succeed())
		Expect(outside.Sandbox.PatchClient(calls.ID, `{"scopes": []}`)).To(Succeed())
		Expect(outside.Sandbox.SetKeys(calls.ID)).To(Succeed())
		Expect(outside.Sandbox.SetAccess("keys:inntekt", sandbox.BankNumber, "APPROVED")).To(Succeed())
		lookOften(ctx)
		Eventually(func(g Gomega) {
			wake(ctx, income)
			g.Expect(recorded(income, v1alpha1.ClientIDPorten).ClientID).NotTo(Equal(login.ClientID))
		}).WithTimeout(looking + time.Minute).WithPolling(time.Second).Should(Succeed())
		settled(ctx, income)
		Expect(clientOf(income, "maskinporten").Scopes).To(ConsistOf(calls.Scopes))
		Expect(keysAt(clientOf(income, "maskinporten"))).To(Equal(keysAt(calls)), "the key is the one that pods have")
		Expect(consumersOf("keys:inntekt")).To(BeEmpty())
		after := recorded(income, v1alpha1.ClientIDPorten)
		Expect(after.Keys[0].KeyID).NotTo(Equal(login.Keys[0].KeyID))
		Expect(text(secretsOf(ctx, income, v1alpha1.ClientIDPorten)[0])).To(HaveKeyWithValue("IDPORTEN_CLIENT_ID", after.ClientID))
		Eventually(func() string { return kubectl(ctx, "events", "-n", "so-keys", "--for", "app/income") }).Should(And(
			MatchRegexp(`Warning +CredentialsRepaired .*The client at IDPorten had been deactivated by somebody else`),
			MatchRegexp(`Warning +CredentialsRepaired .*The client at Maskinporten had been changed by somebody else`),
			MatchRegexp(`Warning +CredentialsRepaired .*The key set of the client at Maskinporten had been changed by somebody else`),
			MatchRegexp(`Warning +CredentialsRepaired .*Scope keys:inntekt, or who has access to it, had been changed by somebody else`),
		))
	})

	It("come under the annotations that ask for new keys", func(ctx context.Context) {
		for _, annotation := range []string{v1alpha1.AnnotationRotateKeys, v1alpha1.AnnotationRevokeKeys} {
			before := map[v1alpha1.ClientType]string{}
			for _, credential := range income.Status.Credentials {
				before[credential.Client] = credential.Secret
			}
			annotate(ctx, income, annotation, "asked for by hand")
			for of, secret := range before {
				Eventually(func() string { ready(ctx, income); return recorded(income, of).Secret }).ShouldNot(Equal(secret), "%s: %s", annotation, of)
			}
			settled(ctx, income)
		}
	})

	It("are revoked while the App is out of service, and come back as the same client with another key", func(ctx context.Context) {
		before := recorded(income, v1alpha1.ClientMaskinporten)
		change(ctx, income, func(app *v1alpha1.App) { app.Spec.Suspend = &v1alpha1.Suspend{Reason: "incident 12"} })
		Eventually(func(g Gomega) {
			for _, registered := range clientsOf(income) {
				g.Expect(registered.Keys).To(BeEmpty())
			}
			g.Expect(secretsOf(ctx, income, v1alpha1.ClientMaskinporten)).To(BeEmpty())
		}).Should(Succeed())
		change(ctx, income, func(app *v1alpha1.App) { app.Spec.Suspend = nil })
		settled(ctx, income)
		after := recorded(income, v1alpha1.ClientMaskinporten)
		Expect(after.ClientID).To(Equal(before.ClientID))
		Expect(after.Keys[0].KeyID).NotTo(Equal(before.Keys[0].KeyID))
	})

	It("end with the App: clients and scope are deactivated, and Secrets are gone", func(ctx context.Context) {
		Expect(kubernetes.Delete(ctx, income)).To(Succeed())
		Eventually(func() bool { return exists(ctx, income) }).Should(BeFalse())
		Expect(clientsOf(income)).To(BeEmpty())
		Expect(len(everOf(income))).To(BeNumerically(">=", 3))
		Expect(scopeAt("keys:inntekt")).To(HaveValue(HaveField("Active", false)))
		Eventually(func() []corev1.Secret {
			return append(secretsOf(ctx, income, v1alpha1.ClientMaskinporten), secretsOf(ctx, income, v1alpha1.ClientIDPorten)...)
		}).Should(BeEmpty())
	})
})

// looking is how often the operator looks at what is registered when it looks most often.
const looking = time.Minute

// lookOften lets the operator look at what is registered each minute, until the spec ends.
func lookOften(ctx context.Context) {
	GinkgoHelper()
	installed := operator.Config
	raw, err := os.ReadFile(installed)
	Expect(err).NotTo(HaveOccurred())
	var config map[string]any
	Expect(yaml.UnmarshalStrict(raw, &config)).To(Succeed())
	selfService, _ := config["selfService"].(map[string]any)
	Expect(selfService).To(HaveKey("resync"))
	selfService["resync"] = looking.String()
	raw, err = yaml.Marshal(config)
	Expect(err).NotTo(HaveOccurred())
	restart := func(ctx context.Context, config string) {
		operator.Stop()
		operator.Config = config
		Expect(operator.Start(ctx, admin)).To(Succeed())
	}
	often := installed + ".often"
	Expect(os.WriteFile(often, raw, 0o600)).To(Succeed())
	restart(ctx, often)
	DeferCleanup(restart, installed)
}

var _ = Describe("An outage of Digdir's self-service", Serial, Ordered, func() {
	var before, during *v1alpha1.App
	var mend func()

	BeforeAll(func(ctx context.Context) {
		serviceOwner(ctx, "broken")
		before, during = integrated("broken", "before"), integrated("broken", "during")
		before.Spec.Integrations[0].Exposes, during.Spec.Integrations[0].Exposes = nil, nil
		Expect(kubernetes.Create(ctx, before)).To(Succeed())
		settled(ctx, before)
		mend = breakSelfService()
	})

	It("delays no rollout of an App that has its credentials", func(ctx context.Context) {
		change(ctx, before, func(app *v1alpha1.App) { app.Spec.Image = strings.Replace(app.Spec.Image, "1.4.2", "1.4.3", 1) })
		Eventually(func(g Gomega) {
			g.Expect(ready(ctx, before)).To(BeTrue(), conditions(before))
			for _, pod := range podsOf(ctx, before) {
				g.Expect(pod.Spec.Containers[0].Image).To(HaveSuffix("1.4.3"))
			}
		}).Should(Succeed())
		Expect(isTrue(before, v1alpha1.ConditionCredentialsReady)).To(BeTrue(), conditions(before))
	})

	It("is told of where something must be made, and whose it is to mend", func(ctx context.Context) {
		Expect(kubernetes.Create(ctx, during)).To(Succeed())
		becomes(ctx, during, v1alpha1.ReasonSelfServiceUnavailable)
		Expect(meta.IsStatusConditionPresentAndEqual(during.Status.Conditions, v1alpha1.ConditionCredentialsReady, metav1.ConditionUnknown)).To(BeTrue(), conditions(during))
		Expect(during.Status.Problems).To(ContainElement(And(
			HaveField("Component", v1alpha1.ConditionCredentialsReady), HaveField("Actor", v1alpha1.ActorExternal), HaveField("Remedy", Not(BeEmpty())),
		)))
		Expect(podsOf(ctx, during)).To(BeEmpty(), "pods would start without the keys they need")
	})

	It("leaves the key in use where one is to be rotated", func(ctx context.Context) {
		secret := recorded(before, v1alpha1.ClientMaskinporten).Secret
		annotate(ctx, before, v1alpha1.AnnotationRotateKeys, "during an outage")
		becomes(ctx, before, v1alpha1.ReasonSelfServiceUnavailable)
		Expect(isTrue(before, v1alpha1.ConditionAvailable)).To(BeTrue(), conditions(before))
		Expect(recorded(before, v1alpha1.ClientMaskinporten).Secret).To(Equal(secret))
		for _, pod := range podsOf(ctx, before) {
			Expect(read(&pod)).To(ContainElement(secret))
		}
	})

	It("is mended by its end alone", func(ctx context.Context) {
		mend()
		for _, app := range []*v1alpha1.App{before, during} {
			Eventually(func() bool { return ready(ctx, app) }).WithTimeout(afterOutage).Should(BeTrue(), conditions(app))
			settled(ctx, app)
		}
	})
})

var _ = Describe("An operator killed amid a rotation", Serial, Ordered, func() {
	It("rotates on where it was, and leaves one client, one key and one Secret", func(ctx context.Context) {
		serviceOwner(ctx, "killed")
		income := integrated("killed", "income")
		Expect(kubernetes.Create(ctx, income)).To(Succeed())
		settled(ctx, income)
		ids := []string{recorded(income, v1alpha1.ClientIDPorten).ClientID, recorded(income, v1alpha1.ClientMaskinporten).ClientID}
		first := recorded(income, v1alpha1.ClientMaskinporten).Secret
		for i := range 6 {
			before := mark()
			annotate(ctx, income, v1alpha1.AnnotationRotateKeys, fmt.Sprintf("killed at write %d", i))
			// Each time it has come one write further: a Secret, a key set, a record, a template, a deletion.
			Eventually(func() int { return len(writes(requestsSince(before))) }).WithPolling(time.Millisecond).Should(BeNumerically(">", i))
			operator.Kill()
			Expect(operator.Start(ctx, admin)).To(Succeed())
		}
		settled(ctx, income)
		secret := recorded(income, v1alpha1.ClientMaskinporten).Secret
		Expect(secret).NotTo(Equal(first))
		Expect(income.Annotations).To(HaveKeyWithValue(v1alpha1.AnnotationRotateKeys, "killed at write 5"))
		var found corev1.Secret
		Expect(kubernetes.Get(ctx, client.ObjectKey{Namespace: "so-killed", Name: secret}, &found)).To(Succeed())
		Expect(found.Annotations).To(HaveKeyWithValue(v1alpha1.AnnotationRotateKeys, "killed at write 5"))
		Expect(everOf(income)).To(HaveLen(2))
		Expect([]string{everOf(income)[0].ID, everOf(income)[1].ID}).To(ConsistOf(ids))
	})
})

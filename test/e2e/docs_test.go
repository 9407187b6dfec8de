// SPDX-License-Identifier: BSD-3-Clause

package e2e

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// pages are the documentation, in the order a newcomer reads it.
var pages = []string{
	"README.md", "docs/install.md", "docs/service-owners.md", "docs/gitops.md", "docs/apps.md", "docs/integrations.md", "docs/credentials.md", "docs/storage.md", "docs/consents.md",
	"docs/agreements.md", "docs/records.md", "docs/isolation.md", "docs/operations.md", "docs/benchmarks.md",
}

// byHand are commands that a spec cannot run: it runs inside them, or would disturb what they measure.
var byHand = []string{"make run", "make test", "make bench"}

// block finds a fenced block and what language it says it is in.
var block = regexp.MustCompile("(?ms)^```([a-z]*)\n(.*?)^```$")

var _ = Describe("The documentation", Serial, Ordered, func() {
	for _, page := range pages {
		It("holds only commands that work: "+page, func(ctx context.Context) {
			text, err := os.ReadFile(filepath.Join(root, page))
			Expect(err).NotTo(HaveOccurred())
			for _, found := range block.FindAllStringSubmatch(string(text), -1) {
				language, content := found[1], found[2]
				switch language {
				case "sh":
					shell(ctx, content)
				case "console":
					Expect(strings.TrimSpace(content)).To(BeElementOf(byHand), "say sh for what this suite is to run")
				default:
					Expect(content).NotTo(ContainSubstring("kubectl "), "say sh for what this suite is to run")
				}
			}
		})
	}
})

// shell runs commands as a reader would, in the checkout with kubectl at hand.
func shell(ctx context.Context, commands string) {
	GinkgoHelper()
	run := exec.CommandContext(ctx, "bash", "-euo", "pipefail", "-c", commands)
	run.Dir = root
	run.Env = append(os.Environ(), "KUBECONFIG="+plane.Kubeconfig, "PATH="+filepath.Join(root, "bin", "k8s")+":"+os.Getenv("PATH"))
	output, err := run.CombinedOutput()
	Expect(err).NotTo(HaveOccurred(), commands+"\n"+string(output))
	GinkgoWriter.Println(commands + "\n" + string(output))
}

package cluster

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	corev1client "k8s.io/client-go/kubernetes/typed/core/v1"
)

const (
	// readyLimit bounds every wait; a start takes seconds, on a busy machine tens of seconds.
	readyLimit = 3 * time.Minute
	// settleLimit bounds retries of what settles by itself: a new definition that the API server is about to
	// publish, a port that an outgoing connection occupies.
	settleLimit = 30 * time.Second
)

var (
	errStopped   = errors.New("stopped by itself")
	errPortTaken = fmt.Errorf("%w because its port was taken", errStopped)
)

// start fills the empty folder and starts everything. The caller holds the lock and cleans up on an error.
func (o Options) start(ctx context.Context) (*Cluster, error) {
	r := o.record()
	var err error
	if r.Ports, err = freePorts(); err != nil {
		return nil, err
	}
	if err := r.write(); err != nil {
		return nil, err
	}
	if err := r.writeIdentities(); err != nil {
		return nil, err
	}
	c := newCluster(r, o.Progress)
	c.started = nil
	if err := c.launch(etcd, apiServer); err != nil {
		return nil, err
	}
	if err := c.serverReady(ctx); err != nil {
		return nil, err
	}
	if r.Controllers {
		if err := c.startControllers(ctx); err != nil {
			return nil, err
		}
	}
	r.Complete = true
	if err := r.write(); err != nil {
		return nil, err
	}
	return c, nil
}

func (c *Cluster) startControllers(ctx context.Context) error {
	client, err := c.client()
	if err != nil {
		return err
	}
	// The nodes come first, so that kwok finds them in its first list.
	if err := createNodes(ctx, client, c.record.Nodes); err != nil {
		return err
	}
	if err := c.launch(controllerManager, scheduler, kwok); err != nil {
		return err
	}
	if err := c.kwokReady(ctx); err != nil {
		return err
	}
	err = c.await(ctx, "the default ServiceAccount", func(ctx context.Context) error {
		_, err := client.ServiceAccounts(metav1.NamespaceDefault).Get(ctx, "default", metav1.GetOptions{})
		return err
	})
	if err != nil {
		return err
	}
	return c.await(ctx, "ready nodes", func(ctx context.Context) error {
		return nodesReady(ctx, client, c.record.Nodes)
	})
}

// RestartAPIServer stops the API server and starts it on the same port, with the same data. It returns
// when the server is ready again; watches and requests under way are cut, as in a real restart.
func (c *Cluster) RestartAPIServer(ctx context.Context) error {
	release, err := lock(ctx, c.Dir)
	if err != nil {
		return err
	}
	defer release()
	if err := stop(process{dir: c.Dir, name: apiServer}); err != nil {
		return err
	}
	return retryPort(ctx, func() error {
		if err := c.launch(apiServer); err != nil {
			return err
		}
		return c.serverReady(ctx)
	})
}

// Play lets kwok play the stages of further files beside those it plays. The kinds they name must exist;
// one whose definition was created a moment ago is waited for. On an error kwok plays what it did before.
func (c *Cluster) Play(ctx context.Context, stages ...string) error {
	if !c.record.Controllers {
		return errors.New("playing stages: the cluster was started without Controllers")
	}
	more := slices.Clone(c.record.Stages)
	for _, file := range stages {
		path, err := filepath.Abs(file)
		if err != nil {
			return fmt.Errorf("playing stages: %w", err)
		}
		if !slices.Contains(more, path) {
			more = append(more, path)
		}
	}
	release, err := lock(ctx, c.Dir)
	if err != nil {
		return err
	}
	defer release()
	before := c.record.Stages
	limited, cancel := context.WithTimeout(ctx, settleLimit)
	defer cancel()
	if err := c.restartKwok(limited, more); err != nil {
		err = fmt.Errorf("playing stages: %w", err)
		return errors.Join(err, c.restartKwok(context.WithoutCancel(ctx), before))
	}
	return nil
}

// restartKwok tries again while kwok stops by itself, which it does when a kind of a stage is not there yet.
func (c *Cluster) restartKwok(ctx context.Context, stages []string) error {
	c.record.Stages = stages
	if err := c.record.write(); err != nil {
		return err
	}
	_, _ = fmt.Fprintf(c.progress, "starting %s until all kinds that it is to play are there\n", kwok)
	for {
		if err := stop(process{dir: c.Dir, name: kwok}); err != nil {
			return err
		}
		if err := c.begin(kwok); err != nil {
			return err
		}
		err := c.kwokReady(ctx)
		if !errors.Is(err, errStopped) || ctx.Err() != nil {
			return err
		}
	}
}

// launch starts programs, says so, and has await watch them.
func (c *Cluster) launch(names ...string) error {
	for _, name := range names {
		_, _ = fmt.Fprintf(c.progress, "starting %s\n", name)
		if err := c.begin(name); err != nil {
			return err
		}
	}
	return nil
}

// begin starts a program and has await watch it.
func (c *Cluster) begin(name string) error {
	p := process{dir: c.Dir, name: name}
	if err := p.start(filepath.Join(c.record.Binaries, name), c.record.arguments(name)); err != nil {
		return err
	}
	if !slices.Contains(c.started, p) {
		c.started = append(c.started, p)
	}
	return nil
}

func (c *Cluster) client() (*corev1client.CoreV1Client, error) {
	config, err := c.Config()
	if err != nil {
		return nil, err
	}
	config.QPS = -1 // no limit
	client, err := corev1client.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("making a client of the cluster: %w", err)
	}
	return client, nil
}

func (c *Cluster) serverReady(ctx context.Context) error {
	client, err := c.client()
	if err != nil {
		return err
	}
	return c.await(ctx, "the API server", func(ctx context.Context) error {
		return client.RESTClient().Get().AbsPath("/readyz").Do(ctx).Error()
	})
}

// kwokReady waits for the endpoint that kwok opens after it has started to watch every kind it plays.
func (c *Cluster) kwokReady(ctx context.Context) error {
	url := fmt.Sprintf("http://127.0.0.1:%d/healthz", c.record.Ports.Kwok)
	return c.await(ctx, "kwok", func(ctx context.Context) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
		if err != nil {
			return err
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return err
		}
		return response.Body.Close()
	})
}

// await polls until the condition returns no error. A program of the cluster that ends meanwhile ends the
// wait with errStopped, or errPortTaken, and the end of its log.
func (c *Cluster) await(ctx context.Context, what string, condition func(context.Context) error) error {
	var last error
	err := wait.PollUntilContextTimeout(ctx, pollEvery, readyLimit, true, func(ctx context.Context) (bool, error) {
		if err := c.stopped(); err != nil {
			return false, err
		}
		if err := condition(ctx); err != nil {
			if ctx.Err() == nil {
				last = err
			}
			return false, nil
		}
		return true, nil
	})
	if err == nil {
		_, _ = fmt.Fprintf(c.progress, "%s: ready\n", what)
		return nil
	}
	if errors.Is(err, errStopped) || last == nil {
		return fmt.Errorf("waiting for %s: %w", what, err)
	}
	return fmt.Errorf("waiting for %s: %w; last seen: %w", what, err, last)
}

func (c *Cluster) stopped() error {
	for _, p := range c.started {
		if p.alive() {
			continue
		}
		tail, reason := p.tail(), errStopped
		if strings.Contains(tail, "address already in use") {
			reason = errPortTaken
		}
		return fmt.Errorf("%s %w; the end of its log:\n%s", p.name, reason, tail)
	}
	return nil
}

// retryPort repeats a start on a fixed port that an outgoing connection of somebody else occupies for a
// moment.
func retryPort(ctx context.Context, start func() error) error {
	limited, cancel := context.WithTimeout(ctx, settleLimit)
	defer cancel()
	for {
		if err := start(); !errors.Is(err, errPortTaken) || limited.Err() != nil {
			return err
		}
	}
}

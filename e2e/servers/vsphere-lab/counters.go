package main

import "sync"

// counterBox counts what came in, for tests that ask whether a client keeps its promises.
type counterBox struct {
	mu      sync.Mutex
	counts  map[string]int
	now     map[string]int
	highest map[string]int
}

func newCounterBox() *counterBox {
	return &counterBox{counts: map[string]int{}, now: map[string]int{}, highest: map[string]int{}}
}

func (c *counterBox) add(name string, n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counts[name] += n
}

// enter counts a request that begins and returns how many of its kind run now.
func (c *counterBox) enter(name string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counts[name]++
	c.now[name]++
	if c.now[name] > c.highest[name] {
		c.highest[name] = c.now[name]
	}
	return c.now[name]
}

func (c *counterBox) leave(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now[name]--
}

func (c *counterBox) snapshot() (counts, highest map[string]int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	counts, highest = map[string]int{}, map[string]int{}
	for k, v := range c.counts {
		counts[k] = v
	}
	for k, v := range c.highest {
		highest[k] = v
	}
	return counts, highest
}

func (c *counterBox) reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counts, c.highest = map[string]int{}, map[string]int{}
}

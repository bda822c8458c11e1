"""What a worker tells over HTTP: is it alive, is it ready, what does it do. Imported only when it is served."""

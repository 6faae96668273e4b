//! The half of a wrapped stream that a wrapper does not change.

/// Implements `AsyncWrite` for a wrapper by that of one of its fields:
/// `forward_writes!([S: AsyncWrite + Unpin] Wrapper<S>, field)`. A method that is named behind the field
/// with `after`, `fn(&mut self, &mut Context, Poll<io::Result<T>>) -> Poll<io::Result<T>>`, sees all that
/// comes of it; one with `before`, `fn(&mut self, &mut Context) -> io::Result<()>`, may keep it from that.
macro_rules! forward_writes {
    ([$($generics:tt)*] $wrapper:ty, $inner:ident $(before $before:ident)? $(after $after:ident)?) => {
        impl<$($generics)*> ::tokio::io::AsyncWrite for $wrapper {
            fn poll_write(
                mut self: ::std::pin::Pin<&mut Self>,
                cx: &mut ::std::task::Context<'_>,
                bytes: &[u8],
            ) -> ::std::task::Poll<::std::io::Result<usize>> {
                $(self.$before(cx)?;)?
                let polled = ::std::pin::Pin::new(&mut self.$inner).poll_write(cx, bytes);
                $(let polled = self.$after(cx, polled);)?
                polled
            }

            fn poll_write_vectored(
                mut self: ::std::pin::Pin<&mut Self>,
                cx: &mut ::std::task::Context<'_>,
                slices: &[::std::io::IoSlice<'_>],
            ) -> ::std::task::Poll<::std::io::Result<usize>> {
                $(self.$before(cx)?;)?
                let polled = ::std::pin::Pin::new(&mut self.$inner).poll_write_vectored(cx, slices);
                $(let polled = self.$after(cx, polled);)?
                polled
            }

            fn is_write_vectored(&self) -> bool {
                self.$inner.is_write_vectored()
            }

            fn poll_flush(
                mut self: ::std::pin::Pin<&mut Self>,
                cx: &mut ::std::task::Context<'_>,
            ) -> ::std::task::Poll<::std::io::Result<()>> {
                $(self.$before(cx)?;)?
                let polled = ::std::pin::Pin::new(&mut self.$inner).poll_flush(cx);
                $(let polled = self.$after(cx, polled);)?
                polled
            }

            fn poll_shutdown(
                mut self: ::std::pin::Pin<&mut Self>,
                cx: &mut ::std::task::Context<'_>,
            ) -> ::std::task::Poll<::std::io::Result<()>> {
                $(self.$before(cx)?;)?
                let polled = ::std::pin::Pin::new(&mut self.$inner).poll_shutdown(cx);
                $(let polled = self.$after(cx, polled);)?
                polled
            }
        }
    };
}
pub(crate) use forward_writes;
